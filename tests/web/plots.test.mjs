// Each plot goes along as a picture and as CSV.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { dsvFormat } from "d3-dsv";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @param {Page} page @param {string} name of the button @returns {Promise<Buffer>} */
async function downloaded(page, name) {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name, exact: true }).click();
  return readFile(await (await download).path());
}

test("plots of a training are saved as PNG and CSV, with the numbers that the page has", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 10 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=4" });
  await addFolder(page, folder);
  const run = await train(page);
  await page.getByRole("button", { name: "Find out" }).click();
  await page.getByTestId("learning").getByRole("listitem").filter({ hasText: `${run.train} images` }).waitFor();
  await page.waitForFunction(() => document.documentElement.dataset.state === "trained");
  const rows = async (/** @type {string} */ title) => dsvFormat(",").parseRows((await downloaded(page, `CSV: ${title}`)).toString()).map((row) => row.map((text) => (text === "" || isNaN(Number(text)) ? text : Number(text))));
  assert.deepEqual(await rows("Accuracy"), [["epoch", "training", "validation"], ...run.epochs.map((/** @type {any} */ epoch) => [epoch.epoch, epoch.accuracy, epoch.valAccuracy])]);
  assert.deepEqual((await rows("Loss")).map((row) => row[1]), ["training", ...run.epochs.map((/** @type {any} */ epoch) => epoch.loss)]);
  assert.deepEqual(await rows("Confusion matrix"), [["true class", ...labels], ...run.confusion.map((/** @type {number[]} */ counts, /** @type {number} */ at) => [labels[at], ...counts])]);
  const reliability = await rows("Reliability");
  assert.equal(reliability.slice(1).reduce((sum, row) => sum + Number(row[2]), 0), run.validation);
  const coverage = await rows("Accuracy against coverage");
  assert.deepEqual([coverage.at(-1)?.[1], coverage.at(-1)?.[2]], [1, run.valAccuracy]);
  assert.equal((await rows("Accuracy by number of training images")).at(-1)?.[0], run.train);

  // One of each kind: Chromium drops what goes beyond ten downloads a second.
  for (const title of ["Accuracy", "Accuracy against coverage", "Accuracy by number of training images"]) {
    const png = await downloaded(page, `Download PNG: ${title}`);
    const colours = await page.evaluate(async (base64) => {
      const bitmap = await createImageBitmap(await new Response(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))).blob());
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d"));
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      return { width: bitmap.width, height: bitmap.height, colours: new Set(new Uint32Array(data.buffer)).size };
    }, png.toString("base64"));
    assert.ok(colours.width > 200 && colours.height > 60 && colours.colours > 20, `${title}: ${JSON.stringify(colours)}`);
  }
  assertQuiet();
});
