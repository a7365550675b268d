// Names as people and machines make them: markup, emoji, 300 characters, right to left. Each is shown as the text that it is, and none
// makes the page wider than the screen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pattern } from "./pictures.mjs";
import { drawn, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {Record<string, string>} */
const NAMES = {
  markup: "<img src=x onerror=\"globalThis.hacked = 1\"><b>bold</b>&amp;",
  emoji: "👩🏽‍🔬🧪 🏳️‍🌈 مع 🐈‍⬛",
  long: "a-name-without-any-place-to-break-it-".repeat(9).slice(0, 300),
  rightToLeft: "קטגוריה של חתולים (2) – صور القطط",
};
const WIDTHS = [360, 1280];

/** A file's name has no slash. @param {string} name */
const fileName = (name) => `${name.replaceAll("/", "-").slice(0, 296)}.png`;
/** @param {string} name @param {number} n */
const picture = (name, n) => ({ name: fileName(name), mimeType: "image/png", buffer: pattern(n % 2 === 0 ? "rings" : "stripes", n, 2) });

/** Neither the page nor an open dialog scrolls sideways. @param {Page} page @param {string} state */
async function assertFits(page, state) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    await drawn(page);
    const wide = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll("dialog[open]")]
      .map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth));
    assert.deepEqual(wide, wide.map(() => 0), `${state}, ${width} px`);
  }
}

/** Everything that is folded, open. @param {Page} page */
const unfold = (page) => page.evaluate(() => {
  for (const fold of document.querySelectorAll("details:not([hidden])")) fold.setAttribute("open", "");
});

test("names are text in every place, and the layout holds at 360 px", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=3" });
  await waitForState(page, "ready");
  let n = 0;
  for (const name of Object.values(NAMES)) {
    await page.getByTestId("class-name").fill(name);
    const broken = { name: fileName(name), mimeType: "image/png", buffer: Buffer.from("no picture") };
    await page.getByTestId("add-files").setInputFiles([...Array.from({ length: 6 }, (_, at) => picture(at === 0 ? name : `${at} ${name}`, n++)), broken]);
    await page.getByRole("listbox", { name: `Images of ${name}`, exact: true }).getByRole("option").nth(5).waitFor();
    await waitForState(page, "ready");
  }
  await unfold(page);
  const fields = await page.getByTestId("classes").getByLabel("Class name").evaluateAll((all) => all.map((input) => /** @type {HTMLInputElement} */ (input).value));
  assert.deepEqual(fields, Object.values(NAMES));
  await assertFits(page, "images added, some left out");
  await page.getByRole("listbox", { name: `Images of ${NAMES.long}`, exact: true }).getByRole("option").first().press("Space");
  await assertFits(page, "an image chosen");
  await page.keyboard.press("1");
  await page.getByText("Moved 1 image to <img src=x").waitFor();
  await assertFits(page, "an image moved");

  await train(page);
  await unfold(page);
  await page.getByRole("button", { name: "Draw by PCA" }).click();
  await page.getByTestId("map").getByText(/^PCA: the two/).waitFor();
  await waitForState(page, "trained");
  const rows = (await page.getByTestId("per-class").locator("tbody th").allTextContents()).map((text) => text.trim()); // the mark of the class stands before it
  assert.deepEqual([...rows].sort(), Object.values(NAMES).sort());
  await assertFits(page, "trained, every part open");

  await page.getByTestId("predict-input").setInputFiles(picture(NAMES.long, 40));
  await page.getByTestId("prediction").getByText(NAMES.emoji).waitFor();
  await assertFits(page, "one image predicted");
  await page.getByTestId("predict-input").setInputFiles(Object.values(NAMES).map((name, at) => picture(name, 50 + at)));
  await page.getByTestId("predictions").locator("tbody tr").nth(3).waitFor();
  await assertFits(page, "several images predicted");

  await t.test("an image's dialog", async () => {
    await page.getByRole("listbox", { name: `Images of ${NAMES.long}`, exact: true }).getByRole("option").first().click();
    await page.getByTestId("neighbours").last().getByRole("button").first().waitFor();
    await assertFits(page, "an image's dialog");
    await page.keyboard.press("Escape");
  });

  for (const name of Object.values(NAMES)) {
    await t.test(`a project named ${name.slice(0, 24)}`, async () => {
      await page.getByTestId("projects").click();
      await page.getByTestId("project-list").getByRole("button", { name: /^Rename/ }).click();
      await page.getByLabel("Project name").fill(name);
      await page.getByLabel("Project name").press("Enter");
      await page.getByTestId("project-list").getByText(name, { exact: true }).waitFor();
      await assertFits(page, "the list of projects");
      await page.keyboard.press("Escape");
      await page.getByTestId("projects").filter({ hasText: name }).waitFor();
      await assertFits(page, "the masthead");
    });
  }

  await t.test("a question about a class", async () => {
    await page.getByRole("button", { name: `Remove class ${NAMES.long}`, exact: true }).click();
    await page.getByRole("dialog").getByText(NAMES.long).waitFor();
    await assertFits(page, "a question");
    await page.keyboard.press("Escape");
  });
  assert.equal(await page.evaluate(() => Reflect.get(globalThis, "hacked")), undefined);
  assert.equal(await page.locator("img[src=x]").count(), 0);
  assertQuiet();
});
