// A zip counts as the folders in it, and can do no harm.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { zipSync } from "fflate";
import { pattern } from "./pictures.mjs";
import { openPage, waitForState } from "./site.mjs";

const DATA = process.env.HEADSTART_DATA;

/** @param {import("playwright-core").Page} page @param {string} file */
async function addZip(page, file) {
  await waitForState(page, "ready", "trained");
  await page.getByTestId("add-files").setInputFiles(file);
  await waitForState(page, "ready", "failed");
}

/** @param {import("playwright-core").Page} page */
const rejectedRows = (page) => page.getByTestId("rejected").locator("li").allTextContents();
/** @param {import("playwright-core").Page} page */
const images = (page) => page.getByTestId("classes").locator("img").evaluateAll((all) => all.map((image) => /** @type {HTMLImageElement} */ (image).alt).sort());
/** @param {import("playwright-core").Page} page */
const classes = (page) => page.getByTestId("classes").locator("input").evaluateAll((all) => all.map((input) => /** @type {HTMLInputElement} */ (input).value));

/** @param {import("node:test").TestContext} t @param {Record<string, Uint8Array>} entries @param {(zip: Uint8Array) => Uint8Array} [alter] */
async function zipFile(t, entries, alter = (zip) => zip) {
  const folder = await mkdtemp(join(tmpdir(), "headstart-zip-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "photos.zip");
  await writeFile(file, alter(zipSync(entries)));
  return file;
}

/** @param {string} kind @param {number} count @param {string} folder */
const drawn = (kind, count, folder) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${folder}/${kind}${i}.png`, new Uint8Array(pattern(kind, i))]));

test("a zip's folders are classes", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  const others = { "photos/notes.txt": new TextEncoder().encode("not a picture"), "photos/.DS_Store": new Uint8Array(9), "__MACOSX/photos/._rings0.png": new Uint8Array(9) };
  await addZip(page, await zipFile(t, { ...drawn("rings", 3, "photos/rings"), ...drawn("stripes", 2, "photos/stripes"), ...others }));
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=classes] img").length === 5);
  assert.deepEqual(await classes(page), ["rings", "stripes"]);
  const rows = await rejectedRows(page);
  assert.equal(rows.length, 1, rows.join("\n"));
  assert.match(rows[0], /photos\.zip\/photos\/notes\.txt.*no image/);
  assertQuiet();
});

test("half a zip and one that leads out are refused, the rest stays", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  const picture = new Uint8Array(pattern("rings", 1));
  await addZip(page, await zipFile(t, { "good/fine.png": picture, "../../evil.png": picture, "/abs/evil.png": picture, "C:\\evil.png": picture }));
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=classes] img").length === 1);
  assert.deepEqual(await classes(page), ["good"]);
  assert.equal((await rejectedRows(page)).filter((row) => row.includes("leads out")).length, 3);
  await addZip(page, await zipFile(t, drawn("rings", 4, "rings"), (zip) => zip.subarray(0, zip.length / 2)));
  assert.match((await rejectedRows(page)).join("\n"), /“photos\.zip” is damaged \(its end is missing\)/);
  assert.deepEqual(await images(page), ["fine.png"]);
  assertQuiet();
});

test("the collection of zips", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  const bad = join(DATA ?? "", "bad");
  await addZip(page, join(bad, "classes.zip"));
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=classes] img").length === 6);
  assert.deepEqual(await classes(page), ["first", "second"]);
  assert.ok((await rejectedRows(page)).some((row) => row.includes("notes.txt")));
  await page.getByText("Clear this list").evaluate((button) => /** @type {HTMLElement} */ (button).click());
  await addZip(page, join(bad, "damaged.zip"));
  await addZip(page, join(bad, "inflates-to-200MB.zip"));
  const rows = await rejectedRows(page);
  assert.equal(rows.length, 5, rows.join("\n"));
  assert.equal(rows.filter((row) => /inflates-to-200MB\.zip.*no image/.test(row)).length, 4);
  await addZip(page, join(bad, "traversal.zip"));
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=classes] img").length === 7);
  assert.deepEqual(await classes(page), ["first", "second", "good"]);
  assertQuiet();
});
