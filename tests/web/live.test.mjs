// The camera classified live, with Chromium's fake device.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train } from "./site.mjs";

const FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

test("what the camera sees is classified frame by frame, never two at once, and ends with the section", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=5", flags: FAKE_CAMERA });
  await addFolder(page, folder);
  await train(page);
  await page.evaluate(async () => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const predict = Trainer.prototype.predict;
    const seen = { now: 0, most: 0, frames: 0 };
    Object.assign(globalThis, { seen });
    Trainer.prototype.predict = async function (/** @type {any[]} */ ...given) {
      seen.most = Math.max(seen.most, ++seen.now);
      seen.frames++;
      return predict.apply(this, given).finally(() => seen.now--);
    };
  });
  const predict = page.getByRole("region", { name: "Predict" });
  await predict.getByRole("button", { name: "Use the camera" }).click();
  const lanes = predict.getByRole("list", { name: "What the camera shows" });
  await lanes.getByRole("listitem").nth(1).waitFor();
  await page.waitForFunction(() => (/** @type {any} */ (globalThis)).seen.frames > 5);
  assert.deepEqual(await lanes.locator(".lane-name").allTextContents(), labels, "the classes keep their places");
  const shares = (await lanes.locator(".lane-value").allTextContents()).map(parseFloat);
  assert.ok(Math.abs(shares[0] + shares[1] - 100) < 0.3, `${shares}`);
  assert.match((await predict.locator("figcaption").first().textContent()) ?? "", /^\d+(\.\d)? per second$/);
  assert.equal(await page.evaluate(() => (/** @type {any} */ (globalThis)).seen.most), 1);

  await page.getByRole("link", { name: "BatchNorm lab" }).click();
  await page.waitForFunction(() => document.querySelectorAll("video").length > 0 && [...document.querySelectorAll("video")].every((video) => video.srcObject === null));
  const frames = await page.evaluate(() => (/** @type {any} */ (globalThis)).seen.frames);
  await page.getByRole("link", { name: "Train", exact: true }).click();
  await predict.getByRole("button", { name: "Use the camera" }).click();
  await page.waitForFunction((before) => (/** @type {any} */ (globalThis)).seen.frames > before + 2, frames);
  await predict.getByRole("button", { name: "Stop the camera" }).click();
  assert.equal(await lanes.isVisible(), false);

  await predict.getByRole("button", { name: "Use the camera" }).click();
  await lanes.getByRole("listitem").first().waitFor();
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await predict.getByRole("button", { name: "Use the camera" }).waitFor();
  assert.equal(await page.evaluate(() => [...document.querySelectorAll("video")].some((video) => video.srcObject)), false, "off in the background");
  assertQuiet();
});
