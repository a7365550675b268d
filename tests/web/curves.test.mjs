// Curves: smoothed as the mean of what came before, looked into by keys and by dragging, laid over each other.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { dsvFormat } from "d3-dsv";
import { spanAfter, spanWithin } from "../../www/page/epoch_span.js";
import { smoothed } from "../../www/page/smoothing.js";
import { drawnFolder } from "./pictures.mjs";
import { addFolder, drawn, openPage, train } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

test("smoothing is the exponentially weighted mean, whose weights sum to one from the first value on", () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6].map((value) => value / 10);
  for (const weight of [0, 0.3, 0.6, 0.95]) {
    const expected = values.map((_, last) => {
      const weights = values.slice(0, last + 1).map((_, at) => weight ** (last - at));
      return weights.reduce((sum, each, at) => sum + each * values[at], 0) / weights.reduce((sum, each) => sum + each, 0);
    });
    smoothed(values, weight).forEach((value, at) => assert.ok(Math.abs(value - expected[at]) < 1e-12, `${weight} at ${at}`));
  }
  assert.deepEqual(smoothed([1, NaN, 1], 0.5), [1, NaN, 1]);
});

test("keys go into a run, along it and out again, and never beyond it", () => {
  assert.deepEqual(spanAfter("+", null, 41), [11, 31]);
  assert.deepEqual(spanAfter("ArrowRight", [11, 31], 41), [16, 36]);
  assert.deepEqual(spanAfter("ArrowRight", [20, 40], 41), [21, 41]);
  assert.deepEqual(spanAfter("ArrowLeft", [3, 23], 41), [1, 21]);
  assert.equal(spanAfter("-", [11, 31], 41), null);
  assert.equal(spanAfter("0", [11, 31], 41), null);
  assert.equal(spanAfter("ArrowLeft", null, 41), undefined, "the page may have the key");
  assert.deepEqual(spanAfter("+", [5, 7], 41), [5, 7]);
  assert.deepEqual(spanWithin([-5, 7.4], 41), [1, 13]);
  assert.equal(spanWithin([0, 90], 41), null);
  assert.equal(spanAfter("+", null, 2), null);
});

/** @param {Page} page @param {string} name */
async function csv(page, name) {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: `CSV: ${name}`, exact: true }).click();
  return dsvFormat(",").parseRows(await readFile(await (await download).path(), "utf8"));
}

test("a run is looked into by keys and by dragging, in both plots at once", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=20", webgpu: false });
  await addFolder(page, await drawnFolder(t));
  await train(page);
  const plot = page.getByRole("application", { name: /^Accuracy: plus and minus/ });
  await plot.focus();
  await page.keyboard.press("+");
  await page.getByRole("status").filter({ hasText: /^Epochs 6 to 16 of 20$/ }).waitFor({ state: "attached" });
  await page.keyboard.press("ArrowRight");
  await page.getByRole("status").filter({ hasText: /^Epochs 9 to 19 of 20$/ }).waitFor({ state: "attached" });
  assert.equal(await page.getByRole("button", { name: "Whole run" }).count(), 2);
  await page.getByRole("button", { name: "Whole run" }).last().click();
  assert.equal(await page.getByRole("button", { name: "Whole run" }).count(), 0);

  const area = plot.locator(".u-over");
  await area.scrollIntoViewIfNeeded();
  const box = await area.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width, box.y + 80, { steps: 5 });
  await page.mouse.up();
  await page.getByRole("status").filter({ hasText: /^Epochs 1[01] to 20 of 20$/ }).waitFor({ state: "attached" });
  assert.equal(await page.getByRole("button", { name: "Whole run" }).count(), 2);
  await area.dblclick({ position: { x: 30, y: 30 } });
  assert.equal(await page.getByRole("button", { name: "Whole run" }).count(), 0);
  assertQuiet();
});

test("trainings are named and laid over each other, smoothed where that is wanted, and go along in the CSV", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=6&head=linear", webgpu: false });
  await addFolder(page, await drawnFolder(t));
  const first = await train(page);
  await page.evaluate(() => document.querySelector("[data-testid=run]")?.replaceChildren());
  await page.getByText("Options", { exact: true }).click();
  await page.getByRole("spinbutton", { name: "Epochs" }).fill("4");
  const second = await train(page);
  assert.deepEqual([first.epochs.length, second.epochs.length], [6, 4]);
  await page.getByText("Compare 2 trainings").click();
  assert.ok(await page.getByRole("checkbox", { name: "Draw Training 2 over the current curves" }).isDisabled(), "the current one is there anyway");
  const curves = page.getByTestId("curves");
  const names = async () => (await drawn(page), (await curves.locator("figure").first().locator(".u-legend th:visible").allInnerTexts()).map((text) => text.replace(/:$/, "")));
  assert.deepEqual(await names(), ["Epoch", "Training", "Validation"]);
  assert.deepEqual((await csv(page, "Loss")).length, 5);

  await page.getByRole("textbox", { name: "Name of training 1" }).fill("six, linear");
  await page.keyboard.press("Tab");
  await page.getByRole("checkbox", { name: "Draw six, linear over the current curves" }).check();
  assert.deepEqual((await names()).sort(), ["Epoch", "Training", "Validation", "six, linear"]);
  const rows = await csv(page, "Loss");
  assert.deepEqual(rows[0], ["epoch", "training", "validation", "six, linear: training", "six, linear: validation"]);
  assert.equal(rows.length, 7);
  assert.deepEqual(rows[6].slice(0, 3), ["6", "", ""], "the current one has four epochs");
  assert.deepEqual(rows.slice(1).map((row) => Number(row[4])), first.epochs.map((/** @type {any} */ epoch) => epoch.valLoss));

  const slider = page.getByRole("slider", { name: /^Smoothing/ });
  await slider.focus();
  for (let step = 0; step < 12; step++) await page.keyboard.press("ArrowRight");
  assert.equal(await slider.getAttribute("aria-valuetext"), "0.60");
  assert.deepEqual((await names()).sort(), ["Epoch", "Training, as measured", "Training, smoothed", "Validation, as measured", "Validation, smoothed", "six, linear, smoothed"]);
  assert.deepEqual(await csv(page, "Loss"), rows, "the numbers stay as they were measured");
  assertQuiet();
});
