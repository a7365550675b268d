// Nothing gets out and nothing gets in: requests, the content security policy, names that are markup.
import assert from "node:assert/strict";
import { readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { zipSync } from "fflate";
import { DIST, copyWithoutWeights } from "./browser.mjs";
import { emptyFolder, pattern, pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const CPU = "?device=cpu&epochs=3";
/** Runs where it is taken for markup. */
const MARKUP = `<img src=x onerror="globalThis.hacked=1">`;

/** What the browser held back, from before the page's first line. @param {Page} page */
async function countViolations(page) {
  await page.addInitScript(() => {
    const seen = Object.assign(globalThis, { violations: /** @type {string[]} */ ([]) }).violations;
    addEventListener("securitypolicyviolation", (event) => seen.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  return () => page.evaluate(() => Reflect.get(globalThis, "violations"));
}

test("from load to export every request is the page's own, no policy is broken, and the page says so", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, site, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  /** @type {string[]} */
  const asked = [];
  page.context().on("request", (request) => asked.push(request.url()));
  const violations = await countViolations(page);
  await page.goto(site.url + CPU);
  await addFolder(page, folder);
  await train(page);
  const [file] = await readdir(join(folder, labels[0]));
  await page.getByTestId("predict-input").setInputFiles(join(folder, labels[0], file));
  await page.getByTestId("prediction").locator("li").first().waitFor();
  const download = page.waitForEvent("download");
  await page.getByTestId("export").click();
  await download;
  await page.getByTestId("projects").click();
  const project = page.waitForEvent("download");
  await page.getByTestId("project-save").click();
  await project;
  await page.keyboard.press("Escape");
  const { origin, host } = new URL(site.url);
  assert.deepEqual(asked.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith(`blob:${origin}/`) && !url.startsWith("data:")), []);
  assert.deepEqual(await violations(), []);

  await page.getByTestId("privacy-open").click();
  await page.getByRole("dialog", { name: "What leaves this device" }).waitFor();
  const words = (await page.getByTestId("privacy").textContent()) ?? "";
  assert.match(words, new RegExp(`\\d+ requests so far, all to ${host}, none to anyone else\\.`));
  const told = await page.getByTestId("privacy").locator("li").allTextContents();
  for (const part of ["worker/engine.js", "pkg/pool", "weights/efficientnet-lite0.safetensors"]) {
    assert.ok(told.some((line) => line.includes(part)), `${part} is told`);
  }
  assertQuiet();
});

test("without a network everything goes on", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, assertQuiet } = await openPage(t, { path: CPU });
  await waitForState(page, "ready");
  await page.context().setOffline(true);
  await addFolder(page, folder);
  assert.equal((await train(page)).images, 12);
  const download = page.waitForEvent("download");
  await page.getByTestId("export").click();
  await download;
  assertQuiet();
});

test("the policy holds: no markup from text, no worker from elsewhere, no request to another host", async (t) => {
  const { page } = await openPage(t, { path: CPU });
  await waitForState(page, "ready");
  const refused = await page.evaluate(async (markup) => {
    /** @param {() => unknown} work */
    const refusal = async (work) => Promise.resolve().then(work).then(() => "", (error) => error.name);
    return [
      await refusal(() => (document.createElement("p").innerHTML = markup)),
      await refusal(() => new Worker("https://example.com/worker.js")),
      await refusal(() => new Worker("data:text/javascript,0")),
      await refusal(() => fetch("https://example.com/")),
    ];
  }, MARKUP);
  assert.deepEqual(refused, ["TypeError", "TypeError", "TypeError", "TypeError"]);
});

test("an altered wasm module is refused before it runs", async (t) => {
  const folder = await copyWithoutWeights(await emptyFolder(t), "nothing");
  for (const name of await readdir(join(folder, "pkg"))) {
    if (!/^pool.*_bg\.wasm(\.\w+)?$/.test(name)) continue;
    const path = join(folder, "pkg", name);
    const bytes = await readFile(path);
    await rm(path); // the copy may be a link
    if (name.endsWith(".wasm")) await writeFile(path, Buffer.concat([bytes, Buffer.from([0, 1, 0])])); // an empty section: still valid
  }
  const { page } = await openPage(t, { path: CPU, folder });
  await waitForState(page, "failed");
  await page.getByTestId("error").getByText(/pool\w*_bg\.wasm could not be loaded, or is not what it should be/).waitFor();
});

test("names that are markup stay text: file, class, project, zip entry", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 4 });
  const [file] = await readdir(join(folder, labels[0]));
  await rename(join(folder, labels[0], file), join(folder, labels[0], `${MARKUP.replaceAll("/", "")}.png`));
  const { page, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  const zip = join(await emptyFolder(t), "pictures.zip");
  await writeFile(zip, zipSync({ [`third/${MARKUP}.png`]: pattern("rings", 3), [`${MARKUP}/a.png`]: pattern("rings", 4), [`${MARKUP}/b.txt`]: new Uint8Array(3) }));
  await page.getByTestId("add-files").setInputFiles(zip);
  await page.waitForFunction(() => /^10 images/.test(document.getElementById("tally")?.textContent ?? ""));
  await waitForState(page, "ready");
  const field = page.getByRole("textbox", { name: "Class name" }).first();
  await field.fill(`${MARKUP} too`);
  await field.press("Enter");
  await page.getByTestId("projects").click();
  await page.getByTestId("project-list").getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Project name").fill(MARKUP);
  await page.getByLabel("Project name").press("Enter");
  await page.getByTestId("project-list").getByText(MARKUP).waitFor();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector("[data-testid=kept]")?.textContent === "Saved on this device");
  await page.reload();
  await waitForState(page, "ready", "trained");
  await page.getByTestId("projects").filter({ hasText: MARKUP }).waitFor();
  assert.equal(await page.evaluate(() => Reflect.get(globalThis, "hacked")), undefined);
  assert.equal(await page.locator("img[src=x]").count(), 0);
  assertQuiet();
});
