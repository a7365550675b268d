// Images chosen, moved, removed and brought back, by pointer and by keyboard alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pattern } from "./pictures.mjs";
import { openPage, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** Classes by name, each with pictures `NAME-0.png`, … @param {Page} page @param {Record<string, number>} counts */
async function fill(page, counts) {
  await waitForState(page, "ready");
  let n = 0;
  for (const [label, count] of Object.entries(counts)) {
    await page.getByLabel("Or add to one class, named").fill(label);
    const files = Array.from({ length: count }, (_, at) => ({ name: `${label}-${at}.png`, mimeType: "image/png", buffer: pattern("rings", n++, 1) }));
    await page.getByTestId("add-files").setInputFiles(files);
    await options(page, label).nth(count - 1).waitFor();
  }
  await waitForState(page, "ready");
}

/** @param {Page} page @param {string} label */
const options = (page, label) => page.getByRole("listbox", { name: `Images of ${label}`, exact: true }).getByRole("option");
/** @param {Page} page @param {string} label */
const names = (page, label) => options(page, label).locator("img").evaluateAll((images) => images.map((image) => /** @type {HTMLImageElement} */ (image).alt));
/** @param {Page} page @param {string} text */
const told = (page, text) => page.getByRole("status").getByText(text, { exact: true }).waitFor();

/** Step by step, as a hand does. @param {Page} page @param {import("playwright-core").Locator} from @param {import("playwright-core").Locator} to */
async function drag(page, from, to) {
  await from.scrollIntoViewIfNeeded();
  const [a, b] = [await from.boundingBox(), await to.boundingBox()];
  assert.ok(a && b);
  await page.mouse.move(a.x + 40, a.y + 40);
  await page.mouse.down();
  await page.mouse.move(a.x + 60, a.y + 50, { steps: 5 });
  await page.mouse.move(b.x + 60, b.y + 12, { steps: 5 });
  await page.mouse.up();
}

test("images are chosen by clicks, moved by menu, number and drag, and every change has its way back", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await fill(page, { ant: 5, bee: 2 });
  const undo = page.getByRole("button", { name: "Undo" });
  await options(page, "ant").nth(0).click({ modifiers: ["ControlOrMeta"] });
  await options(page, "ant").nth(2).click({ modifiers: ["Shift"] });
  await options(page, "ant").nth(1).click(); // once some are chosen, a click takes one in or out
  const bar = page.getByRole("group", { name: "Chosen images" });
  await bar.getByText("2 images chosen").waitFor();
  assert.equal(await options(page, "ant").nth(2).getAttribute("aria-selected"), "true");
  await bar.getByLabel("Class to move to").selectOption("bee");
  await bar.getByRole("button", { name: "Move", exact: true }).click();
  await told(page, "Moved 2 images to bee.");
  assert.deepEqual(await names(page, "bee"), ["ant-0.png", "ant-2.png", "bee-0.png", "bee-1.png"]);
  await undo.click();
  await told(page, "Undone: Moved 2 images to bee.");
  assert.deepEqual(await names(page, "ant"), [0, 1, 2, 3, 4].map((n) => `ant-${n}.png`));
  await page.keyboard.press("ControlOrMeta+Shift+z");
  await told(page, "Done again: Moved 2 images to bee.");

  await drag(page, options(page, "ant").nth(0), page.getByRole("region", { name: "bee", exact: true }));
  await told(page, "Moved 1 image to bee.");
  await bar.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Remove class bee" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await told(page, "Removed the class bee.");
  assert.equal(await page.getByRole("region", { name: "bee", exact: true }).count(), 0);
  await page.keyboard.press("ControlOrMeta+z");
  await options(page, "bee").nth(4).waitFor();
  await waitForState(page, "ready");
  assert.deepEqual((await names(page, "bee")).sort(), ["ant-0.png", "ant-1.png", "ant-2.png", "bee-0.png", "bee-1.png"]);
  // What came back under other ids is still what was moved before.
  await undo.click();
  await told(page, "Undone: Moved 1 image to bee.");
  await undo.click();
  await told(page, "Undone: Moved 2 images to bee.");
  assert.deepEqual((await names(page, "ant")).sort(), [0, 1, 2, 3, 4].map((n) => `ant-${n}.png`));
  assertQuiet();
});

test("by keyboard alone: choose, move by a number, remove, undo; a taken name offers to merge", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await fill(page, { ant: 4, bee: 2 });
  await options(page, "ant").nth(0).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  await page.getByText("3 images chosen").waitFor();
  await page.keyboard.press("2");
  await told(page, "Moved 3 images to bee.");
  assert.deepEqual(await names(page, "ant"), ["ant-3.png"]);
  await page.keyboard.press("ControlOrMeta+z");
  await told(page, "Undone: Moved 3 images to bee.");
  await options(page, "ant").nth(3).focus();
  await page.keyboard.press("Delete");
  await told(page, "Removed 1 image.");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-posinset")), "3", "the focus goes to a neighbour");
  await page.keyboard.press("ControlOrMeta+z");
  await options(page, "ant").nth(3).waitFor();
  await waitForState(page, "ready");

  const name = page.getByRole("region", { name: "ant", exact: true }).getByLabel("Class name");
  await name.fill("bee");
  await name.press("Enter");
  await page.getByRole("dialog", { name: "Merge the two classes?" }).getByRole("button", { name: "Merge" }).click();
  await told(page, "Merged ant into bee.");
  await options(page, "bee").nth(5).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await told(page, "Undone: Merged ant into bee.");
  assert.deepEqual([(await names(page, "ant")).length, (await names(page, "bee")).length], [4, 2]);
  assert.deepEqual(await page.getByRole("region").getByLabel("Class name").evaluateAll((inputs) => inputs.map((input) => /** @type {HTMLInputElement} */ (input).value)), ["ant", "bee"]);
  assertQuiet();
});

test("of thousands of images only those near the screen are in the document, and keys reach them all", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await waitForState(page, "ready");
  await page.evaluate(async (base64) => {
    const { change, classNamed } = await import(new URL("page/state.js", location.href).href);
    const jpeg = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)); // a PNG, which an img takes as well
    const images = Array.from({ length: 3000 }, (_, id) => ({ id, name: `${id}.png`, label: "many", width: 9, height: 9, jpeg }));
    change((/** @type {any} */ state) => Object.assign(classNamed(state, "many"), { images, version: 1 }));
  }, pattern("rings", 1).toString("base64"));
  await page.getByRole("button", { name: "Show all 3,000 images" }).click();
  await options(page, "many").nth(60).waitFor();
  assert.ok((await options(page, "many").count()) <= 400);
  await options(page, "many").first().focus();
  await page.keyboard.press("End");
  const last = page.getByAltText("2999.png");
  await last.waitFor();
  const focused = () => page.evaluate(() => [document.activeElement?.getAttribute("aria-posinset"), document.activeElement?.getAttribute("aria-setsize")]);
  assert.deepEqual(await focused(), ["3000", "3000"]);
  await page.keyboard.press("ArrowUp");
  assert.deepEqual(await focused(), ["2994", "3000"]);
  await page.evaluate(() => scrollTo(0, 0));
  await page.getByAltText("0.png", { exact: true }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll("li[data-image]").length <= 400);
  assert.deepEqual(await focused(), ["2994", "3000"], "what has the focus stays");
  assertQuiet();
});
