// A thousand classes, the most that a head may have: they come in, the page says what they are too few for, trains and shows the
// results. How soon it answers meanwhile is told, not asked.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { emptyFolder } from "./pictures.mjs";
import { png } from "./png.mjs";
import { addFolder, drawn, openPage, train } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const CLASSES = 1000;

/** 8 × 8 blocks of noise: no two are alike. @param {number} seed */
function noise(seed) {
  let state = seed * 2654435761 + 1;
  const next = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24);
  const blocks = Array.from({ length: 64 }, () => /** @type {[number, number, number]} */ ([next(), next(), next()]));
  return png(24, 24, (x, y) => blocks[Math.floor(y / 3) * 8 + Math.floor(x / 3)]);
}

/** @param {import("node:test").TestContext} t */
async function manyFolders(t) {
  const folder = join(await emptyFolder(t), "pictures");
  for (let at = 0; at < CLASSES; at++) {
    const path = join(folder, `class ${String(at).padStart(4, "0")}`);
    await mkdir(path, { recursive: true });
    for (const n of [0, 1]) await writeFile(join(path, `${n}.png`), noise(2 * at + n));
  }
  return folder;
}

/** How long the page lets a key wait at worst, while `work` goes on. @param {Page} page @param {() => Promise<unknown>} work */
async function slowestAnswer(page, work) {
  await page.evaluate(() => {
    const told = { last: performance.now(), worst: 0, timer: 0 };
    told.timer = setInterval(() => {
      const now = performance.now();
      told.worst = Math.max(told.worst, now - told.last - 20);
      told.last = now;
    }, 20);
    Object.assign(globalThis, { told });
  });
  await work();
  return page.evaluate(() => {
    const { told } = /** @type {any} */ (globalThis);
    clearInterval(told.timer);
    return Math.round(told.worst);
  });
}

test("a thousand classes come in, train and are shown", async (t) => {
  const folder = await manyFolders(t);
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=2&head=linear&project=none" });
  const adding = await slowestAnswer(page, () => addFolder(page, folder));
  t.diagnostic(`adding: the page answered after ${adding} ms at the latest`);
  await page.getByText("2,000 images · 1,000 classes").waitFor();
  const said = await page.getByTestId("checks").getByRole("listitem").allTextContents();
  t.diagnostic(said.join(" | ").slice(0, 600));
  assert.ok(said.length > 0 && said.length <= 12, `${said.length} sentences about the classes`);

  await t.test("the last class is renamed and has its images", async () => {
    const last = page.getByRole("region", { name: "class 0999", exact: true });
    await last.getByLabel("Class name").fill("the last");
    await last.getByLabel("Class name").press("Enter");
    await page.getByText("Renamed class 0999 to the last.").waitFor();
    assert.equal(await page.getByRole("listbox", { name: "Images of the last", exact: true }).getByRole("option").count(), 2);
  });

  const training = await slowestAnswer(page, () => train(page));
  t.diagnostic(`training: ${training} ms`);
  await drawn(page);
  const opening = await slowestAnswer(page, async () => {
    for (const fold of await page.getByTestId("confusion").locator("details > summary").all()) await fold.click();
    await drawn(page);
  });
  t.diagnostic(`opening the confusion matrix's table: ${opening} ms`);
  assert.equal(await page.getByTestId("per-class").locator("tbody tr").count(), CLASSES);
  const { cells, wide } = await page.evaluate(() => ({ cells: document.querySelectorAll("td, th").length, wide: document.documentElement.scrollWidth - innerWidth }));
  t.diagnostic(`${cells} cells of tables`);
  assert.ok(cells < 60_000);
  assert.ok(wide <= 0);
  assertQuiet();
});
