// A project outlives its page: reload, a page killed in the middle, two tabs, a full disk, no database at all.
import assert from "node:assert/strict";
import { copyFile, cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DIST, copyWithoutWeights } from "./browser.mjs";
import { DATA, emptyFolder, pattern, pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const CPU = "?device=cpu&epochs=4";

/** Waits until the page says that everything is kept. @param {Page} page */
const waitForSaved = (page) => page.waitForFunction(() => document.querySelector("[data-testid=kept]")?.textContent === "Saved on this device");

/** Image count and class names as the page shows them. @param {Page} page */
const shown = (page) => page.evaluate(() => ({
  tally: document.getElementById("tally")?.textContent,
  classes: [...document.querySelectorAll("[data-testid=classes] .class-name")].map((field) => /** @type {HTMLInputElement} */ (field).value),
}));

/** The head's weights as the page would save them. @param {Page} page @returns {Promise<string>} */
const headOf = (page) => page.evaluate(async () => {
  const { currentTrainer } = await import(new URL("page/session.js", location.href).href);
  const digest = await crypto.subtle.digest("SHA-256", await (await currentTrainer().export("safetensors")).arrayBuffer());
  return [...new Uint8Array(digest)].join();
});

/** @param {Page} page @param {string} store @returns {Promise<any[]>} */
const keysOf = (page, store) => page.evaluate(async (store) => {
  const { openDB } = await import(new URL("vendor/idb.esm.js", location.href).href);
  const database = await openDB("headstart-projects");
  const keys = await database.getAllKeys(store);
  database.close();
  return keys;
}, store);

/** @param {Page} page @param {string} store @returns {Promise<any[]>} */
const recordsOf = (page, store) => page.evaluate(async (store) => {
  const { openDB } = await import(new URL("vendor/idb.esm.js", location.href).href);
  const database = await openDB("headstart-projects");
  const records = await database.getAll(store);
  database.close();
  return records.map(({ thumbnail, ...record }) => record);
}, store);

/** Ends the page's process. @param {Page} page */
async function crash(page) {
  const crashed = page.waitForEvent("crash");
  const session = await page.context().newCDPSession(page);
  void session.send("Page.crash").catch(() => {});
  await crashed;
}

/** Another page of the same browser profile. @param {Page} page @param {string} url */
async function openBeside(page, url) {
  const other = await page.context().newPage();
  other.setDefaultTimeout(120_000);
  await other.goto(url);
  return other;
}

test("after a reload everything is there, and no image is looked at again", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 3, each: 8 });
  const { page, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  await page.getByRole("textbox", { name: "Class name" }).nth(1).fill("another name");
  await page.getByRole("textbox", { name: "Class name" }).nth(1).press("Enter");
  const run = await train(page);
  const head = await headOf(page);
  await waitForSaved(page);
  const before = await shown(page);
  assert.equal(before.classes[1], "another name");

  await page.reload();
  await waitForState(page, "trained");
  assert.deepEqual(await shown(page), before);
  assert.equal(await headOf(page), head);
  assert.equal(await page.getByTestId("history").locator("tbody tr").count(), 4);
  const again = JSON.parse((await page.getByTestId("run").textContent()) ?? "");
  assert.deepEqual([again.valAccuracy, again.confusion, again.epochs], [run.valAccuracy, run.confusion, run.epochs]);
  assert.equal(again.featureSeconds, 0, "no backbone ran");
  const trained = await train(page);
  assert.deepEqual(trained.epochs.map(losses), run.epochs.map(losses), "the same images in the same order");
  const [file] = await readdir(join(folder, labels[0]));
  await page.getByTestId("predict-input").setInputFiles(join(folder, labels[0], file));
  await page.getByTestId("prediction").locator("li").first().waitFor();
  assertQuiet();
});

/** @param {{loss: number, valLoss: number}} epoch */
const losses = ({ loss, valLoss }) => [loss, valLoss];

test("a page killed while it adds goes on with the next image", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 3, each: 12 });
  const { page, site, assertQuiet } = await openPage(t, { path: "?device=cpu&workers=1" });
  await waitForState(page, "ready");
  await page.getByTestId("add-images").setInputFiles(folder);
  await page.waitForFunction(() => {
    const kept = document.querySelector("[data-testid=kept]")?.textContent === "Saved on this device";
    return kept && document.querySelectorAll("[data-testid=classes] img").length >= 3;
  });
  const other = await openBeside(page, "about:blank");
  await crash(page);
  await other.goto(`${site.url}?device=cpu&workers=1`);
  await other.waitForFunction(() => /^36 images/.test(document.getElementById("tally")?.textContent ?? "") && document.documentElement.dataset.state === "ready");
  await waitForSaved(other);
  await other.reload();
  await waitForState(other, "ready");
  assert.match((await shown(other)).tally ?? "", /^36 images/);
  assertQuiet();
});

test("a page killed while it trains goes on from its checkpoint, to the same weights", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 3, each: 10 });
  const path = "?device=cpu&epochs=600";
  const { page, site, assertQuiet } = await openPage(t, { path });
  await addFolder(page, folder);
  await train(page);
  const undisturbed = await headOf(page);
  await waitForSaved(page);

  await page.getByRole("button", { name: "Train again" }).click();
  while (!(await keysOf(page, "parts")).some((key) => key[1].startsWith("checkpoint"))) await page.waitForTimeout(200);
  const other = await openBeside(page, "about:blank");
  await crash(page);
  await other.goto(site.url + path);
  await other.getByText(/broken off after epoch \d+ of 600/).waitFor();
  await other.getByRole("button", { name: "Go on" }).click();
  await waitForState(other, "trained");
  assert.equal(await headOf(other), undisturbed);
  const epochs = JSON.parse((await other.getByTestId("run").textContent()) ?? "").epochs.map((/** @type {{epoch: number}} */ e) => e.epoch);
  assert.deepEqual(epochs, Array.from({ length: 600 }, (_, at) => at + 1));
  assertQuiet();
});

test("a second tab looks on, takes over, and no edit is lost", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 4 });
  const { page, site, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  await waitForSaved(page);
  const [, second] = (await shown(page)).classes; // the page sorts classes in its own way
  const other = await openBeside(page, site.url + CPU);
  await waitForState(other, "ready");
  await other.getByText("This project is open in another tab").first().waitFor();
  assert.deepEqual(await shown(other), await shown(page));
  await rename(other, "refused");
  await other.getByTestId("error").getByText("open in another tab").waitFor();
  assert.ok(!(await keysOf(page, "images")).some((key) => key[1] > 7), "nothing was written");

  let [mine, theirs] = [other, page];
  for (let edit = 0; edit < 6; edit++) {
    await mine.getByRole("button", { name: "Take it over" }).click();
    await waitForSaved(mine);
    await waitForState(mine, "ready");
    await theirs.getByText("This project is open in another tab").first().waitFor();
    if (edit > 0) assert.ok((await shown(mine)).classes.includes(`edit ${edit - 1}`), `edit ${edit - 1} is there`);
    await rename(mine, `edit ${edit}`);
    [mine, theirs] = [theirs, mine];
  }
  await theirs.evaluate(flush);
  await theirs.close();
  await mine.reload();
  await waitForState(mine, "ready");
  assert.deepEqual((await shown(mine)).classes.sort(), ["edit 5", second].sort());
  assertQuiet();
});

/** In the page: waits until everything is written. */
async function flush() {
  const { currentTrainer } = await import(new URL("page/session.js", location.href).href);
  await currentTrainer().flush();
}

/** Renames the first class. @param {Page} page @param {string} name */
async function rename(page, name) {
  const field = page.getByRole("textbox", { name: "Class name" }).first();
  await field.fill(name);
  await field.press("Enter");
}

test("a full disk holds saving back, and nothing is lost", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, site, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(site.url);
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 20_000 });
  await page.goto(site.url + CPU);
  await addFolder(page, folder);
  await page.getByTestId("error").getByText("The disk is full, so saving is paused").waitFor();
  await page.waitForFunction(() => /^12 images/.test(document.getElementById("tally")?.textContent ?? ""));
  await train(page); // goes on without
  await session.send("Storage.overrideQuotaForOrigin", { origin });
  await page.getByRole("button", { name: "Save now" }).click();
  await waitForSaved(page);
  await page.reload();
  await waitForState(page, "trained");
  assert.match((await shown(page)).tally ?? "", /^12 images/);
  assertQuiet();
});

test("a browser that keeps nothing is as good until it is closed", async (t) => {
  const folder = await copyWithoutWeights(await emptyFolder(t), "worker/engine.js");
  const engine = await readFile(join(DIST, "worker/engine.js"), "utf8");
  await writeFile(join(folder, "worker/engine.js"), `${engine}\ndelete WorkerGlobalScope.prototype.indexedDB;\n`);
  const { page, assertQuiet } = await openPage(t, { path: CPU, folder });
  await waitForState(page, "ready");
  await page.getByTestId("notice").getByText("This browser keeps nothing for the page").waitFor();
  await addFolder(page, (await pictureFolder(t, { classes: 2, each: 5 })).folder);
  await train(page);
  assertQuiet();
});

test("two classes that became one come back, even with the same file in both", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 4 });
  const [file] = await readdir(join(folder, labels[0]));
  await copyFile(join(folder, labels[0], file), join(folder, labels[1], `copy of ${file}`));
  const { page, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  const before = await shown(page);
  await rename(page, before.classes[1]);
  await page.getByRole("button", { name: "Merge" }).click();
  await page.waitForFunction(() => /^9 images · 1 class$/.test(document.getElementById("tally")?.textContent ?? ""));
  await page.evaluate(flush);
  await page.reload();
  await waitForState(page, "ready");
  assert.equal((await shown(page)).tally, "9 images · 1 class");
  assertQuiet();
});

test("an image whose row is gone is computed again, and only that one", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  const run = await train(page);
  await waitForSaved(page);
  const [first] = await page.evaluate(async () => {
    const { openDB } = await import(new URL("vendor/idb.esm.js", location.href).href);
    const database = await openDB("headstart-projects");
    const keys = await database.getAllKeys("rows");
    // What another version of the preprocessing would have left.
    await database.put("rows", await database.get("rows", keys[0]), [keys[0][0], keys[0][1], 0, keys[0][3]]);
    await database.delete("rows", keys[0]);
    database.close();
    return keys;
  });
  await page.reload();
  await page.waitForFunction(() => /^12 images/.test(document.getElementById("tally")?.textContent ?? "") && document.documentElement.dataset.state === "trained" || document.documentElement.dataset.state === "ready");
  await waitForSaved(page);
  assert.ok((await keysOf(page, "rows")).some((key) => key.join() === first.join()));
  assert.equal((await keysOf(page, "rows")).length, 13, "the other row stays, and no other is new");
  assert.deepEqual((await train(page)).epochs.map(losses), run.epochs.map(losses));
  assertQuiet();
});

test("another network takes a kept project over, and what each has computed stays", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, site, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  await train(page);
  await waitForSaved(page);
  const [before, head] = [await shown(page), await headOf(page)];
  const rows = await keysOf(page, "rows");
  await page.locator("#backbone > summary").click();

  const junk = join(await emptyFolder(t), "junk.pth");
  await writeFile(junk, Buffer.alloc(5000, 7));
  await page.getByTestId("weights-files").setInputFiles(junk);
  await page.getByTestId("error").getByText("The network of before stays in use.").waitFor();
  assert.equal(await headOf(page), head, "the head of before is there");

  const model = join(DATA ?? "", "tm-mobilenet");
  await page.getByTestId("weights-files").setInputFiles([join(model, "model.json"), join(model, "weights.bin")]);
  await page.waitForFunction(() => document.querySelector("#backbone-name")?.textContent?.startsWith("mobilenet"));
  await waitForState(page, "ready");
  await waitForSaved(page);
  assert.deepEqual(await shown(page), before);
  assert.equal((await keysOf(page, "images")).length, 12, "no image is there twice");
  const added = (await keysOf(page, "rows")).filter((key) => !rows.some((row) => row.join() === key.join()));
  assert.deepEqual([added.length, new Set(added.map((key) => key[1])).size], [12, 1], "rows by the hash of these weights");
  assert.notEqual(added[0][1], rows[0][1]);
  assert.equal((await train(page)).images, 12);

  const other = await openBeside(page, site.url + CPU);
  await other.getByText("This project is open in another tab").first().waitFor();
  await other.close();

  await page.getByTestId("weights-reset").click();
  await waitForBuiltIn(page);
  await waitForState(page, "trained");
  assert.equal(await headOf(page), head, "its head is back");
  assert.equal(JSON.parse((await page.getByTestId("run").textContent()) ?? "").featureSeconds, 0, "no backbone ran");
  await rename(page, "another name");
  await page.evaluate(flush);
  assert.deepEqual((await keysOf(page, "parts")).map((key) => key[1].split(" ")[0]).sort(), ["head", "network", "network", "saved"], "no head has the old name");

  await page.reload();
  await waitForState(page, "trained");
  assert.deepEqual(await shown(page), { ...before, classes: ["another name", before.classes[1]] });
  assertQuiet();
});

/** @param {Page} page */
const waitForBuiltIn = (page) => page.waitForFunction(() => document.querySelector("#backbone-name")?.textContent === "efficientnet-lite0");

test("near-duplicates stay together after a reload, and a label that was put right stays right", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const folder = join(await emptyFolder(t), "pictures");
  await mkdir(folder);
  for (const label of ["one", "two"]) await cp(join(DATA ?? "", "bad/duplicates", label), join(folder, label), { recursive: true });
  const { page, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  await page.getByText("7 near-duplicates in 1 group").waitFor();
  await waitForSaved(page);
  await page.reload();
  await page.getByText("7 near-duplicates in 1 group").waitFor();
  await page.getByAltText("c-cropped.jpg").click();
  assert.match((await page.getByRole("dialog").textContent()) ?? "", /It looks like (a|b-reencoded)\.jpg, so both are on one side\./);
  await page.keyboard.press("Escape");

  const inOne = (/** @type {Page} */ page) => page.getByTestId("classes").getByRole("region", { name: "one" }).locator("img").count();
  const [before, found] = [await inOne(page), await groupsOf(page)];
  await page.evaluate(async ([id, gone]) => {
    const { currentTrainer } = await import(new URL("page/session.js", location.href).href);
    await currentTrainer().relabel(id, "two");
    await currentTrainer().removeImages([gone]);
    await currentTrainer().flush();
  }, found[0]);
  await page.reload();
  await page.getByText("6 near-duplicates in 1 group").waitFor();
  assert.deepEqual(await groupsOf(page), [found[0].filter((id) => id !== found[0][1])]);
  assert.ok((await inOne(page)) < before);
  assertQuiet();
});

/** @param {Page} page @returns {Promise<number[][]>} */
const groupsOf = (page) => page.evaluate(async () => {
  const { currentTrainer } = await import(new URL("page/session.js", location.href).href);
  return currentTrainer().groups();
});

test("an older database is taken along, and a newer one is left alone", async (t) => {
  const { page, site, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  await page.evaluate(async (base64) => {
    const opening = indexedDB.open("headstart-projects", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("projects", { keyPath: "id" });
      const images = opening.result.createObjectStore("images", { keyPath: ["project", "id"] });
      images.createIndex("file", "file");
      images.createIndex("sha256", "sha256");
      opening.result.createObjectStore("files", { autoIncrement: true });
      opening.result.createObjectStore("rows");
    };
    await new Promise((resolve) => (opening.onsuccess = resolve));
    const picture = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const sha256 = [...new Uint8Array(await crypto.subtle.digest("SHA-256", picture))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const tx = opening.result.transaction(["projects", "images", "files"], "readwrite");
    tx.objectStore("projects").put({ id: "1", name: "From before", created: 1, opened: 1, changed: 1, deleted: 0, owner: "", nextId: 5, images: 1, bytes: 9 });
    tx.objectStore("files").put(new Blob([picture]), 7);
    const about = { name: "ring.png", label: "rings", width: 9, height: 9, unusualDecoder: false, thumbnail: new Uint8Array() };
    tx.objectStore("images").put({ ...about, project: "1", id: 3, sha256, file: 7 });
    await new Promise((resolve) => (tx.oncomplete = resolve));
    opening.result.close();
  }, pattern("rings", 1).toString("base64"));
  await page.goto(site.url + CPU);
  await waitForState(page, "ready");
  await page.getByRole("button", { name: "From before" }).waitFor();
  await waitForSaved(page);
  assert.deepEqual((await keysOf(page, "parts")).map((key) => key[1].split(" ")[0]), ["network"], "what its rows are of");
  const [image] = await recordsOf(page, "images");
  assert.deepEqual([image.id, image.label, image.file, image.looksLike], [3, "rings", 7, null]);
  assert.match(image.fingerprint, /^[0-9a-f]{64}$/, "it was looked at again, for its row");
  await page.goto(`${site.url}LICENSE-MIT.txt`);
  await page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open("headstart-projects", 99);
    opening.onsuccess = () => resolve(opening.result.close());
  }));
  await page.goto(site.url + CPU);
  await page.getByTestId("notice").getByText("kept by a newer headstart").waitFor();
  assertQuiet();
});
