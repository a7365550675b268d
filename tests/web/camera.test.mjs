// The camera as a person uses it, with Chromium's own fake device: bursts into a class, and cameras that can't be had.
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn, openPage, waitForState } from "./site.mjs";

const FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** Keeps what the page was lent, so that a test sees whether it was given back. */
function keepStreams() {
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  /** @type {MediaStream[]} */
  const streams = [];
  Object.assign(globalThis, { streams });
  mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    streams.push(stream);
    return stream;
  };
}

/** How many cameras are on. @param {import("playwright-core").Page} page @returns {Promise<number>} */
const camerasOn = (page) => page.evaluate(() =>
  (/** @type {any} */ (globalThis)).streams.flatMap((/** @type {MediaStream} */ stream) => stream.getTracks()).filter((/** @type {MediaStreamTrack} */ track) => track.readyState === "live").length);

test("bursts are captured by pointer and by key, and a class of one burst is told what to do", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu", flags: FAKE_CAMERA, init: keepStreams });
  await waitForState(page, "ready");
  await page.getByRole("button", { name: "Use the camera" }).click();
  const dialog = page.getByRole("dialog", { name: "Capture images" });
  const hold = dialog.getByRole("button", { name: "Hold to capture" });
  await page.waitForFunction(() => document.activeElement?.matches("input")); // the class has no name yet
  await page.keyboard.type("<b>me</b>");
  await hold.hover();
  await page.waitForFunction(() => document.querySelector("button.hold:enabled")); // the camera is on
  const from = Date.now();
  await page.mouse.down();
  await page.waitForTimeout(1500);
  await page.mouse.up();
  const seconds = (Date.now() - from) / 1000;
  await dialog.getByRole("status").filter({ hasText: "1 burst of <b>me</b> so far" }).waitFor();
  const words = await dialog.textContent();
  const images = Number(/(\d+) images in 1 burst/.exec(words ?? "")?.[1]);
  assert.ok(images >= 3 && images <= 2 + 8 * seconds + 1, `${images} images in ${seconds} s`);
  await page.getByTestId("checks").getByText(/All \d+ images of <b>me<\/b> are one burst or look alike.*Capture or add at least 2 more bursts/).waitFor();

  await hold.click();
  await dialog.getByRole("status").filter({ hasText: "2 bursts of" }).waitFor();
  assert.match((await dialog.textContent()) ?? "", new RegExp(`${images + 1} images in 2 bursts`), "a short press is one image");

  await hold.focus();
  await page.keyboard.down(" ");
  await page.waitForTimeout(300);
  await page.keyboard.up(" ");
  await dialog.getByRole("status").filter({ hasText: "3 bursts of" }).waitFor();
  assert.equal(await camerasOn(page), 1);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await drawn(page); // a dialog tells that it is closed after it is
  assert.equal(await camerasOn(page), 0, "the light is off");
  await page.getByRole("button", { name: "Camera: add to <b>me</b>" }).click();
  assert.equal(await dialog.getByLabel("Class").inputValue(), "<b>me</b>");
  await dialog.getByRole("button", { name: "Done" }).click();
  assertQuiet();
});

for (const { name, words } of [
  { name: "NotAllowedError", words: /did not allow the camera/ },
  { name: "NotReadableError", words: /in use by another program/ },
  { name: "NotFoundError", words: /no camera on this device/ },
]) {
  test(`a camera that can't be had (${name}) is said in a sentence, and nothing is lost`, async (t) => {
    const { page, assertQuiet } = await openPage(t, { path: "?device=cpu", flags: FAKE_CAMERA });
    await waitForState(page, "ready");
    await page.evaluate((name) => {
      const { mediaDevices } = navigator;
      const open = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (wanted) => {
        mediaDevices.getUserMedia = open;
        throw new DOMException("", name);
      };
    }, name);
    await page.getByLabel("Or add to one class, named").fill("hand");
    await page.getByRole("button", { name: "Use the camera" }).click();
    const dialog = page.getByRole("dialog", { name: "Capture images" });
    const alert = dialog.getByRole("alert");
    await alert.waitFor();
    assert.match((await alert.textContent()) ?? "", words);
    assert.equal(await dialog.getByRole("button", { name: "Hold to capture" }).isDisabled(), true);
    await alert.getByRole("button", { name: "Try again" }).click();
    await dialog.getByRole("button", { name: "Hold to capture" }).click();
    await dialog.getByRole("status").filter({ hasText: "1 burst of hand" }).waitFor();
    assertQuiet();
  });
}

test("without any camera the browser's own refusal is said", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await waitForState(page, "ready");
  await page.getByRole("button", { name: "Use the camera" }).click();
  const alert = page.getByRole("dialog", { name: "Capture images" }).getByRole("alert");
  await alert.waitFor();
  assert.match((await alert.textContent()) ?? "", /^(There is no camera on this device|The browser or you did not allow).*add images from files/);
  assertQuiet();
});
