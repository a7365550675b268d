// From the confusion matrix to the images of a cell, by pointer and by keys; and the figures of each class.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { dsvFormat } from "d3-dsv";
import { drawnFolder } from "./pictures.mjs";
import { addFolder, drawn, openPage, train } from "./site.mjs";

/** What is said of a cell with images. @param {number} count @param {string} label @param {string} answer */
const counting = (count, label, answer) => new RegExp(`^${count} of \\d+ images? of ${label} (recognised as|taken for) ${answer} `);

/** A page with a trained head. @param {import("node:test").TestContext} t */
async function trained(t) {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=3", webgpu: false });
  const folder = await drawnFolder(t, { labels: ["rings", "squares", "stripes"] });
  await addFolder(page, folder);
  const run = await train(page);
  return { page, run, assertQuiet };
}

test("each cell shows the images that it counts, by the keys and by a press; an empty one says so", async (t) => {
  const { page, run, assertQuiet } = await trained(t);
  const confusion = page.getByTestId("confusion");
  const matrix = confusion.getByRole("application", { name: /^Confusion matrix: the arrow keys/ });
  const most = Math.max(...run.confusion.map((/** @type {number[]} */ row) => row.reduce((sum, count) => sum + count, 0)));
  assert.match((await confusion.getByText(/^Always answering/).textContent()) ?? "", new RegExp(`right for ${((100 * most) / run.validation).toFixed(1)} %`));
  await matrix.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowLeft");
  const shown = page.getByTestId("confusion-images");
  let seen = 0;
  for (const [row, label] of run.classes.entries()) {
    for (const [column, answer] of run.classes.entries()) {
      const count = run.confusion[row][column];
      await page.keyboard.press("Enter");
      const none = row === column ? `No image of ${label} was recognised.` : `No image of ${label} was taken for ${answer}.`;
      await shown.getByRole("status").filter({ hasText: count === 0 ? none : counting(count, label, answer) }).waitFor();
      assert.equal(await shown.getByRole("img").count(), count);
      for (const name of await shown.getByRole("img").evaluateAll((all) => all.map((one) => one.getAttribute("alt") ?? ""))) assert.ok(name.startsWith(label), name);
      seen += count;
      await page.keyboard.press("ArrowRight");
    }
    for (let step = 1; step < run.classes.length; step++) await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowDown");
  }
  assert.equal(seen, run.validation);

  const [row, column] = run.confusion.flatMap((/** @type {number[]} */ counts, /** @type {number} */ row) => counts.flatMap((count, column) => (count > 0 ? [[row, column]] : [])))[0];
  const canvas = matrix.getByRole("img");
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  assert.ok(box);
  const side = 64; // the most that a cell is
  await page.mouse.click(box.x + box.width - 1 - (run.classes.length - column - 0.5) * side, box.y + box.height - 1 - (run.classes.length - row - 0.5) * side);
  await shown.getByRole("status").filter({ hasText: counting(run.confusion[row][column], run.classes[row], run.classes[column]) }).waitFor(); // what the last cell has shown is still there
  const image = shown.getByRole("list").getByRole("button").first();
  const name = (await image.getByRole("img").getAttribute("alt")) ?? "";
  await image.click();
  await page.getByRole("dialog").getByRole("heading", { name }).waitFor();
  await page.keyboard.press("Escape");
  await shown.getByRole("button", { name: "Close" }).click();
  assert.equal(await shown.getByRole("img").count(), 0);
  assert.ok(await matrix.evaluate((place) => place === document.activeElement));
  assertQuiet();
});

test("cells are counts or rates, in the table and the CSV as well", async (t) => {
  const { page, run, assertQuiet } = await trained(t);
  const confusion = page.getByTestId("confusion");
  const cells = async () => (await drawn(page), confusion.locator("tbody td").allTextContents());
  assert.deepEqual((await cells()).map(Number), run.confusion.flat());
  await confusion.getByRole("radio", { name: "Rates" }).check();
  const shares = run.confusion.flatMap((/** @type {number[]} */ row) => row.map((count) => (100 * count) / row.reduce((sum, each) => sum + each, 0)));
  (await cells()).forEach((text, at) => assert.ok(Math.abs(parseFloat(text) - shares[at]) <= 0.1, text));
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV: Confusion matrix", exact: true }).click();
  const rows = dsvFormat(",").parseRows(await readFile(await (await download).path(), "utf8"));
  rows.slice(1).flatMap((row) => row.slice(1)).forEach((text, at) => assert.ok(Math.abs(100 * Number(text) - shares[at]) < 1e-9));
  assertQuiet();
});

test("figures by class are sorted weakest first, and taken along in that order", async (t) => {
  const { page, run, assertQuiet } = await trained(t);
  const table = page.getByTestId("per-class");
  const head = table.getByRole("columnheader", { name: "F1" });
  const column = async () => (await drawn(page), (await table.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.querySelectorAll("td")[2].textContent ?? ""))).map(parseFloat));
  assert.deepEqual(await table.getByRole("rowheader").allTextContents().then((all) => all.map((text) => text.trim())), run.classes);
  await head.getByRole("button").click();
  const weakest = await column();
  assert.deepEqual(weakest, [...weakest].sort((a, b) => a - b));
  assert.equal(await head.getAttribute("aria-sort"), "ascending");
  await head.getByRole("button").click();
  assert.deepEqual(await column(), [...weakest].reverse());
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV: Figures by class", exact: true }).click();
  const rows = dsvFormat(",").parse(await readFile(await (await download).path(), "utf8"));
  assert.deepEqual(rows.columns, ["class", "precision", "recall", "f1", "images"]);
  rows.forEach(({ f1 }, at) => assert.ok(Math.abs(100 * Number(f1) - weakest[weakest.length - 1 - at]) <= 0.1));
  const picture = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download PNG: Figures by class", exact: true }).click();
  assert.equal((await readFile(await (await picture).path())).subarray(1, 4).toString(), "PNG");
  assertQuiet();
});
