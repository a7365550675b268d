// Every state of the page, looked at by axe-core in both themes and widths. The steps name no words, so that they are the same in
// both languages.
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { VIEWS, assertAccessible, assertFits, assertStill, bringAxe } from "./axe.mjs";
import { DIST, copyWithoutWeights, weightsPath } from "./browser.mjs";
import { emptyFolder, pattern } from "./pictures.mjs";
import { drawn, openPage, waitForState } from "./site.mjs";

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {import("playwright-core").Page} Page */
/** Looks at the page as it is. @typedef {(state: string) => Promise<void>} Look */

const FAKE_CAMERA = "--use-fake-device-for-media-stream";
const CLASSES = ["rings", "stripes"];

/** Two classes, one image twice. @param {TestContext} t */
async function drawnFolder(t) {
  const folder = join(await emptyFolder(t), "pictures");
  for (const label of CLASSES) {
    await mkdir(join(folder, label), { recursive: true });
    for (let n = 0; n < 8; n++) await writeFile(join(folder, label, `${label}-${n}.png`), pattern(label, n, 2));
  }
  await writeFile(join(folder, CLASSES[0], "again.png"), pattern(CLASSES[0], 0, 2));
  return folder;
}

/** @param {string} name @param {Buffer} buffer */
const file = (name, buffer) => ({ name, mimeType: "image/png", buffer });
/** @param {string} label @param {number} n */
const picture = (label, n) => file(`${label}-${n}.png`, pattern(label, n, 2));

/** A page without its weights, and what looks at it. @param {TestContext} t @param {{locale?: string, views?: import("./axe.mjs").View[]}} [how] */
async function openWatched(t, { locale, views } = {}) {
  const folder = await copyWithoutWeights(await emptyFolder(t));
  const { page, site, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt", folder, flags: [FAKE_CAMERA], locale, forgive: /404 .*safetensors/ });
  await bringAxe(page);
  // From the start: asked for while workers come and go, it may never answer.
  let held = Promise.resolve();
  await page.context().route("**/weights/**", (route) => held.then(() => route.continue()));
  await page.goto(`${site.url}?device=cpu&epochs=3`);
  /** @type {Look} */
  const look = async (state) => {
    await drawn(page);
    await t.test(state, () => assertAccessible(page, views));
  };
  const bringWeights = () => copyFile(join(DIST, weightsPath()), join(folder, weightsPath()));
  /** Lets none of the weights through until what it gives is called. */
  const holdWeights = () => {
    let letThrough = () => {};
    held = new Promise((resolve) => { letThrough = resolve; });
    return letThrough;
  };
  return { page, look, bringWeights, holdWeights, assertQuiet };
}

/** Presses a button of a dialog's opener, looks, and closes it. @param {Page} page @param {Look} look @param {string} testid @param {string} state */
async function lookAtDialog(page, look, testid, state) {
  await page.getByTestId(testid).click();
  await page.getByRole("dialog").waitFor();
  for (const fold of await page.getByRole("dialog").locator("details > summary").all()) await fold.click();
  await look(state);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
}

/** @param {Page} page @param {Look} look @param {{bringWeights: () => Promise<void>, holdWeights: () => () => void}} weights */
async function beforeImages(page, look, { bringWeights, holdWeights }) {
  await waitForState(page, "failed");
  await look("engine failed, error with its actions");
  await bringWeights();
  const letThrough = holdWeights();
  await page.getByTestId("error").getByRole("button").first().click();
  await waitForState(page, "loading");
  await look("engine loading");
  letThrough();
  await waitForState(page, "ready");
  await look("empty");
  await assertFits(page);
  await page.locator("#view-lab").click();
  await page.getByTestId("lesson-puzzle").waitFor();
  await look("lab, empty");
  await page.locator("#view-train").click();
  await page.getByTestId("add-camera").click();
  await page.getByTestId("capture").getByRole("alert").waitFor();
  await look("capture, the camera refused");
  await page.keyboard.press("Escape");
  await lookAtDialog(page, look, "privacy-open", "privacy dialog");
}

/** @param {TestContext} t @param {Page} page @param {Look} look */
async function withImages(t, page, look) {
  await page.getByTestId("add-images").setInputFiles(await drawnFolder(t));
  await waitForState(page, "ready");
  await page.getByTestId("class-name").fill("alone");
  await page.getByTestId("add-files").setInputFiles([picture("squares", 1), file("broken.png", Buffer.from("no picture"))]);
  await page.getByTestId("rejected").waitFor();
  await waitForState(page, "ready");
  await page.locator("#rejected-summary").click();
  await look("images added, one alone in its class, the left-out list open");
  await page.locator("#rejected-clear").click();
  const tile = (/** @type {string} */ name) => page.getByAltText(name, { exact: true });
  await tile("rings-1.png").click({ modifiers: ["ControlOrMeta"] });
  await tile("rings-3.png").click({ modifiers: ["Shift"] });
  await look("images of a class chosen");
  await page.keyboard.press("3");
  await drawn(page);
  await look("images moved, with the way back");
  await page.keyboard.press("ControlOrMeta+z");
  await drawn(page);
  // After its colour and the camera comes the button that removes a class.
  await page.locator("#gallery > section").last().locator("button").nth(2).click();
  await look("a question");
  await page.locator("#question-yes").click();
  await waitForState(page, "ready");
}

/** @param {Page} page @param {Look} look */
async function whileTraining(page, look) {
  await page.locator("#options-form").locator("xpath=..").locator("summary").click();
  await page.getByTestId("option-epochs").fill("2000");
  await page.getByTestId("option-epochs").blur();
  await look("an option that can't be");
  await page.getByTestId("option-epochs").fill("1000");
  await page.getByTestId("option-batch-size").fill("1"); // slow enough to be looked at
  await page.getByTestId("option-batch-size").blur();
  await page.getByTestId("train").click();
  await page.getByTestId("pause").click();
  await page.getByTestId("resume").waitFor();
  await look("training paused");
  await page.getByTestId("resume").click();
  await look("training under way");
  await page.getByTestId("stop").click({ timeout: 5000 }).catch(() => {}); // on a slow machine it is over by now
  await waitForState(page, "trained");
  await page.getByTestId("option-batch-size").fill("64");
  await page.getByTestId("option-epochs").fill("3");
  await page.getByTestId("option-epochs").blur();
}

/** Presses what works for a while. @param {Page} page @param {string} selector */
async function work(page, selector) {
  await page.evaluate(() => {
    const phases = /** @type {(string | undefined)[]} */ ([]);
    new MutationObserver(() => phases.push(document.documentElement.dataset.state)).observe(document.documentElement, { attributeFilter: ["data-state"] });
    Object.assign(globalThis, { phases });
  });
  await page.locator(selector).click();
  // Short work may be over before it was looked for.
  await page.waitForFunction(() => ["trained", "failed"].includes(/** @type {any} */ (globalThis).phases.at(-1)));
}

/** @param {Page} page @param {Look} look */
async function withResults(page, look) {
  await page.getByTestId("test-set-part").locator("xpath=ancestor::details/summary").click();
  await page.getByTestId("test-set-part").locator("button[type=submit]").click();
  await drawn(page);
  await look("results of before, a test set set aside");
  await page.getByTestId("train").click(); // what is stale is not trained
  await waitForState(page, "trained");
  for (const selector of ["#review-start", "#learning-start", "[data-testid=folds-start]", "[data-testid=compare-start]", "[data-testid=map-umap]"]) await work(page, selector);
  await page.getByTestId("test-set-part").locator("button:enabled:visible").first().click();
  await page.locator("#question-yes").click();
  await page.locator("#none-of-these").focus();
  for (let n = 0; n < 70; n++) await page.keyboard.press("ArrowRight");
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll("details:not([hidden])")) fold.setAttribute("open", "");
  });
  await look("trained, every part open");
  await assertFits(page);
  await assertStill(page);
}

/** @param {Page} page @param {Look} look */
async function predictions(page, look) {
  await page.getByTestId("predict-input").setInputFiles(picture("rings", 20));
  await page.locator("#prediction > li").first().waitFor();
  await page.locator("#predict").getByTestId("heat-map").getByRole("button").click();
  await page.locator("#predict canvas.heat-canvas").waitFor({ state: "attached" });
  await look("one image predicted, with its neighbours and heat map");
  await page.getByTestId("predict-input").setInputFiles([picture("rings", 21), picture("stripes", 22), file("broken.png", Buffer.from("no picture"))]);
  await page.getByTestId("predictions").locator("tbody tr").nth(2).waitFor();
  await look("several predicted, one a fault");
  await page.context().grantPermissions(["camera"]);
  await page.getByTestId("predict-camera").click();
  await page.getByTestId("live").locator("li").first().waitFor();
  await look("the camera predicted live");
  await page.getByTestId("predict-camera").click();
}

/** @param {Page} page @param {Look} look */
async function dialogs(page, look) {
  await page.getByAltText("rings-1.png", { exact: true }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByTestId("neighbours").getByRole("button").first().waitFor();
  await dialog.getByTestId("heat-map").getByRole("button").click();
  await dialog.getByTestId("heat-map").getByRole("combobox").waitFor();
  await look("an image with its neighbours and heat map");
  await page.keyboard.press("Escape");
  await lookAtDialog(page, look, "take-away", "export dialog");
  await page.getByTestId("projects").click();
  await look("projects dialog");
  await page.getByTestId("project-new").click();
  await look("a name asked over it");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.getByTestId("add-camera").click();
  await page.getByTestId("capture").locator("button.hold:enabled").waitFor();
  await look("capture, the camera on");
  await page.keyboard.press("Escape");
}

/** @param {Page} page @param {Look} look */
async function lab(page, look) {
  await page.locator("#view-lab").click();
  await page.getByTestId("lab-epochs").fill("2");
  for (const step of ["puzzle", "reproduce", "inside"]) {
    await page.locator(`input[name=guess-${step}]`).first().check();
    await page.getByTestId(`lesson-${step}`).click();
    await page.getByTestId(`lesson-${step}`).waitFor({ state: "hidden" });
    await waitForState(page, "trained", "ready", "failed");
  }
  for (const fold of await page.locator("#lab details > summary").all()) await fold.click();
  await look("lab, after runs");
}

/** @param {TestContext} t @param {Parameters<typeof openWatched>[1]} [how] */
async function walk(t, how) {
  const { page, look, assertQuiet, ...weights } = await openWatched(t, how);
  await beforeImages(page, look, weights);
  await withImages(t, page, look);
  await whileTraining(page, look);
  await withResults(page, look);
  await predictions(page, look);
  await dialogs(page, look);
  await lab(page, look);
  assertQuiet();
}

test("axe finds no violation in any state, in either theme and width", (t) => walk(t));

test("nor in Chinese", (t) => walk(t, { locale: "zh-CN", views: [VIEWS[0], VIEWS[2]] }));
