// The map of the images, and the images that one is most like, as a person meets them and by the API.
import assert from "node:assert/strict";
import { cp, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { dsvFormat } from "d3-dsv";
import { namedPatterns, pictureFolder } from "./pictures.mjs";
import { addFolder, drawn, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @param {Page} page @param {string} name */
async function downloaded(page, name) {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name, exact: true }).click();
  return readFile(await (await download).path());
}

/** @param {Page} page @param {"PCA" | "UMAP"} method @returns {Promise<string[][]>} what its CSV says */
async function drawMap(page, method) {
  await page.getByRole("button", { name: `Draw by ${method}` }).click();
  await page.getByTestId("map").getByText(method === "PCA" ? /^PCA: the two directions/ : /^UMAP keeps neighbours together/).waitFor();
  await waitForState(page, "trained");
  await drawn(page);
  return dsvFormat(",").parseRows((await downloaded(page, "CSV: Map of the images")).toString());
}

test("the map shows every image by both methods, is walked by keys, opens images and is taken along", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 3, each: 10 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=4" });
  await addFolder(page, folder);
  const run = await train(page);
  const map = page.getByTestId("map");
  const pca = await drawMap(page, "PCA");
  assert.deepEqual(pca[0], ["image", "class", "answer in validation", "x", "y"]);
  assert.equal(pca.length - 1, run.images);
  assert.equal(pca.filter((row) => row[2] !== "").length - 1, run.validation, "answers of validation images alone");
  const umap = await drawMap(page, "UMAP");
  assert.deepEqual(umap.map((row) => row[0]), pca.map((row) => row[0]));
  assert.notDeepEqual(umap, pca);
  assert.deepEqual(await drawMap(page, "UMAP"), umap, "the seed decides it");
  assert.deepEqual(await map.getByRole("listitem").allTextContents(), labels);

  await map.getByText("Map as a table").click();
  await map.getByRole("row").nth(run.images).waitFor();
  assert.equal(await map.getByRole("row").count(), run.images + 1);
  await map.getByRole("application").focus();
  await page.keyboard.press("Home");
  const name = umap[1][0];
  await map.getByRole("status").filter({ hasText: `${name}, ${umap[1][1]}` }).waitFor({ state: "attached" });
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("heading", { name }).waitFor();
  await page.keyboard.press("Escape");
  assert.ok(await map.getByRole("application").evaluate((plot) => plot === document.activeElement), "the focus comes back");

  // Under the pointer: somewhere on the plot a mark answers with its picture.
  const box = await map.getByRole("application").boundingBox();
  assert.ok(box);
  let seen = 0;
  for (let y = 20; y < box.height && seen === 0; y += 12) {
    for (let x = 20; x < box.width && seen === 0; x += 12) {
      await page.mouse.move(box.x + x, box.y + y);
      seen = await map.locator(".map-tip:not([hidden]) img").count();
    }
  }
  assert.equal(seen, 1);
  const png = await downloaded(page, "Download PNG: Map of the images");
  assert.ok(png.subarray(1, 4).toString() === "PNG" && png.length > 4000);
  assertQuiet();
});

test("an image and a prediction name the images that they are most like", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 10 });
  const [file] = await readdir(join(folder, labels[0]));
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=4" });
  await addFolder(page, folder);
  const region = page.getByRole("region", { name: labels[0], exact: true });
  await region.getByAltText(file, { exact: true }).click();
  const dialog = page.getByRole("dialog");
  const near = dialog.getByTestId("neighbours").getByRole("button");
  await near.first().waitFor();
  assert.equal(await near.count(), 6);
  const similar = (await near.allTextContents()).map((text) => Number(/(-?\d\.\d\d)$/.exec(text)?.[1]));
  assert.deepEqual(similar, [...similar].sort((a, b) => b - a));
  const next = (await near.first().getByRole("img").getAttribute("alt")) ?? "";
  await near.first().click();
  await dialog.getByRole("heading", { name: next }).waitFor();
  await near.first().waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();

  await train(page);
  const copy = join(folder, "copy.jpg");
  await cp(join(folder, labels[0], file), copy);
  await page.getByTestId("predict-input").setInputFiles(copy);
  const nearest = page.locator("#predict").getByTestId("neighbours").getByRole("button");
  await nearest.first().waitFor();
  const top = (await nearest.first().textContent()) ?? "";
  await region.scrollIntoViewIfNeeded();
  const side = await region.locator(`li[data-side] img[alt="${file}"]`).locator("..").getAttribute("data-side");
  if (side === "training") assert.match(top, new RegExp(`^${labels[0]}.*1\\.00$`));
  assertQuiet();
});

test("the API draws maps, finds neighbours, says what it refuses, and stops", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const pictures = namedPatterns(10);
  const out = await page.evaluate(async (pictures) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const trainer = await Trainer.create({ device: "cpu", workers: 1 });
    const fault = (/** @type {any} */ error) => (error.name === "AbortError" ? error.name : error.code);
    const none = await trainer.insight.map().catch(fault);
    const given = pictures.map(({ base64, ...rest }) => ({ ...rest, bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) }));
    const { accepted } = await trainer.addImages(given);
    /** @type {number[]} */
    const shares = [];
    const map = await trainer.insight.map({ method: "umap", onShare: (/** @type {number} */ done) => shares.push(done) });
    const few = await trainer.insight.map({ most: 7, seed: 3 });
    const stop = new AbortController();
    const stopped = await trainer.insight.map({ method: "umap", signal: stop.signal, onShare: () => stop.abort() }).catch(fault);
    const near = await trainer.insight.neighbours(accepted[0].id, { count: 3 });
    const own = await trainer.insight.neighbours(new Blob([given[4].bytes]), { count: 1 });
    const unknown = await trainer.insight.neighbours(12345).catch(fault);
    trainer.free();
    return { none, map, few, stopped, shares, near, own, unknown, ids: accepted.map((/** @type {any} */ image) => image.id) };
  }, pictures);
  assert.equal(out.none, "too-few-images");
  assert.deepEqual(out.map.ids, out.ids);
  assert.ok(out.map.points.every((/** @type {number[]} */ point) => point.length === 2 && point.every(Number.isFinite)));
  assert.ok(out.shares.length > 5 && out.shares.every((share, at) => share <= 1 && (at === 0 || share >= out.shares[at - 1])));
  assert.equal(out.few.ids.length, 7);
  assert.ok(out.few.explained[0] >= out.few.explained[1] && out.few.explained[1] > 0);
  assert.equal(out.stopped, "AbortError");
  assert.equal(out.near.length, 3);
  assert.ok(out.near.every(({ id }) => id !== out.ids[0]));
  assert.deepEqual([out.own[0].id, out.own[0].similarity.toFixed(4)], [out.ids[4], "1.0000"]);
  assert.equal(out.unknown, "unknown-image");
  assertQuiet();
});
