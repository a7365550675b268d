// Which device runs is shown, with the reason; when WebGPU fails the CPU goes on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, canTest, openPage, train, waitForState } from "./site.mjs";

/** @param {import("playwright-core").Page} page */
async function shownDevice(page) {
  await waitForState(page, "ready");
  return (await page.waitForFunction(() => {
    const text = document.querySelector("[data-testid=device]")?.textContent ?? "";
    return /CPU|WebGPU/.test(text) && text;
  })).jsonValue();
}

test("the CPU is used when it is asked for", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  assert.match(String(await shownDevice(page)), /CPU.*asked for/s);
  assertQuiet();
});

test("a software adapter is passed over for the CPU, with a sentence", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const { page, assertQuiet } = await openPage(t);
  assert.match(String(await shownDevice(page)), /CPU.*because.*(swiftshader|software)/is);
  assertQuiet();
});

for (const query of ["", "?device=webgpu"]) {
  test(`without WebGPU the CPU runs, with a sentence (${query || "auto"})`, async (t) => {
    const { folder } = await pictureFolder(t, { classes: 2, each: 5 });
    const { page, assertQuiet } = await openPage(t, { path: query, webgpu: false });
    assert.match(String(await shownDevice(page)), /CPU.*because.*WebGPU/s);
    if (query) await page.getByTestId("notice").getByText(/WebGPU/).waitFor();
    await addFolder(page, folder);
    assert.equal((await train(page)).device, "cpu");
    assertQuiet();
  });
}

test("a lost WebGPU device ends on the CPU, and no image is lost", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, browser, assertQuiet } = await openPage(t, { path: "?device=webgpu&epochs=3", forgive: /GPU|WebGL|context|device|Instance|panicked/i });
  await waitForState(page, "ready");
  await page.getByTestId("add-images").setInputFiles(folder);
  await page.getByTestId("classes").locator("img").nth(1).waitFor({ state: "attached" });
  const session = await browser.newBrowserCDPSession();
  await session.send("Browser.crashGpuProcess").catch(() => {});
  await page.getByTestId("notice").getByText(/goes on with the CPU/).waitFor();
  await waitForState(page, "ready", "failed");
  assert.match(String(await shownDevice(page)), /CPU.*because WebGPU failed/s);
  const run = await train(page);
  assert.equal(run.images, 12);
  assert.equal(run.device, "cpu");
  assertQuiet();
});
