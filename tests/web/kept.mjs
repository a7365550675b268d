// What the tests of kept projects share: a page's project as it is shown, and as it lies on the disk.

/** @typedef {import("playwright-core").Page} Page */

/** Waits until the page says that everything is kept. @param {Page} page */
export const waitForSaved = (page) => page.waitForFunction(() => document.querySelector("[data-testid=kept]")?.textContent === "Saved on this device");

/** Image count and class names as the page shows them. @param {Page} page */
export const shown = (page) => page.evaluate(() => ({
  tally: document.getElementById("tally")?.textContent,
  classes: [...document.querySelectorAll("[data-testid=classes] .class-name")].map((field) => /** @type {HTMLInputElement} */ (field).value),
}));

/** The head's weights as the page would save them. @param {Page} page @returns {Promise<string>} */
export const headOf = (page) => page.evaluate(async () => {
  const { currentTrainer } = await import(new URL("page/session.js", location.href).href);
  const digest = await crypto.subtle.digest("SHA-256", await (await currentTrainer().export("safetensors")).arrayBuffer());
  return [...new Uint8Array(digest)].join();
});

/** @param {Page} page @param {string} store @returns {Promise<any[]>} */
export const keysOf = (page, store) => page.evaluate(async (store) => {
  const { openDB } = await import(new URL("vendor/idb.esm.js", location.href).href);
  const database = await openDB("headstart-projects");
  const keys = await database.getAllKeys(store);
  database.close();
  return keys;
}, store);

/** @param {Page} page @param {string} store @returns {Promise<any[]>} */
export const recordsOf = (page, store) => page.evaluate(async (store) => {
  const { openDB } = await import(new URL("vendor/idb.esm.js", location.href).href);
  const database = await openDB("headstart-projects");
  const records = await database.getAll(store);
  database.close();
  return records.map(({ thumbnail, ...record }) => record);
}, store);

/** Ends the page's process. @param {Page} page */
export async function crash(page) {
  const crashed = page.waitForEvent("crash");
  const session = await page.context().newCDPSession(page);
  void session.send("Page.crash").catch(() => {});
  await crashed;
}

/** Another page of the same browser profile. @param {Page} page @param {string} url */
export async function openBeside(page, url) {
  const other = await page.context().newPage();
  other.setDefaultTimeout(120_000);
  await other.goto(url);
  return other;
}

/** In the page: waits until everything is written. */
export async function flush() {
  const { currentTrainer } = await import(new URL("page/session.js", location.href).href);
  await currentTrainer().flush();
}

/** Renames the first class. @param {Page} page @param {string} name */
export async function rename(page, name) {
  const field = page.getByRole("textbox", { name: "Class name" }).first();
  await field.fill(name);
  await field.press("Enter");
}
