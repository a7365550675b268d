// axe-core over the page as it stands, in both themes, on a desktop and on a phone.
import assert from "node:assert/strict";
import axe from "axe-core";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {{scheme: "light" | "dark", width: number, height: number}} View */

/** @type {View[]} */
export const VIEWS = [
  { scheme: "light", width: 1280, height: 900 },
  { scheme: "light", width: 360, height: 740 },
  { scheme: "dark", width: 360, height: 740 },
  { scheme: "dark", width: 1280, height: 900 },
];

/** Brings axe into each document that the page opens from now on, as a debugger does: the page's policy stays as it is. @param {Page} page */
export const bringAxe = (page) => page.addInitScript(axe.source);

/** Fails where axe finds a violation in a view, the page is wider than the screen, or something moves though nothing should.
 * @param {Page} page @param {View[]} [views]
 */
export async function assertAccessible(page, views = VIEWS) {
  /** @type {string[]} */
  const found = [];
  for (const { scheme, width, height } of views) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    found.push(...(await violations(page)).map((text) => `${scheme}, ${width} px: ${text}`));
    const { wide, moving } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, moving: document.getAnimations().length }));
    if (wide > width) found.push(`${scheme}, ${width} px: the page is ${wide} px wide`);
    if (moving > 0) found.push(`${scheme}, ${width} px: ${moving} animations`);
  }
  assert.deepEqual(found, []);
}

/** From a phone to 4K nothing reaches beyond the screen. @param {Page} page */
export async function assertFits(page) {
  for (const width of [360, 480, 768, 960, 1280, 1920, 2560, 3840]) {
    await page.setViewportSize({ width, height: Math.round(width * 0.6) + 300 });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  }
}

/** Where less motion is asked for, nothing is animated and nothing scrolls smoothly. @param {Page} page */
export async function assertStill(page) {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => {
    const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element);
    return animationName !== "none" || transitionDuration.split(",").some((duration) => parseFloat(duration) > 0) || scrollBehavior === "smooth";
  }).map((element) => element.outerHTML.slice(0, 80)));
  assert.deepEqual(moving, []);
}

/** One line for each rule and element. @param {Page} page @returns {Promise<string[]>} */
const violations = (page) => page.evaluate(async () => {
  const { axe } = /** @type {any} */ (globalThis);
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap((/** @type {any} */ { id, nodes }) => nodes.map((/** @type {any} */ node) => `${id}: ${node.target.join(" ")} – ${node.failureSummary.replaceAll(/\s+/g, " ")} – ${node.html.slice(0, 160)}`));
});
