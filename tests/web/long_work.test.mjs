// Work that takes a while: the title counts, the screen stays on, and who looks elsewhere is told at the end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, waitForState } from "./site.mjs";

/** A page that can be hidden, hurried, and asked what it did. Runs before the page's own code. */
function watched() {
  const seen = Object.assign(window, { hiddenByTest: false, aheadMillis: 0, locks: /** @type {boolean[]} */ ([]), notices: /** @type {string[]} */ ([]) });
  const now = performance.now.bind(performance);
  performance.now = () => now() + seen.aheadMillis;
  Object.defineProperty(document, "hidden", { get: () => seen.hiddenByTest });
  Object.defineProperty(navigator, "wakeLock", {
    value: {
      async request() {
        const at = seen.locks.push(true) - 1;
        return { released: false, release() { this.released = true; seen.locks[at] = false; } };
      },
    },
  });
  Object.defineProperty(window, "Notification", {
    value: class extends EventTarget {
      static permission = "default";
      static async requestPermission() { return (this.permission = "granted"); }
      /** @param {string} title @param {{body: string}} options */
      constructor(title, { body }) {
        super();
        seen.notices.push(`${title}: ${body}`);
      }
    },
  });
}

/** @param {import("playwright-core").Page} page @param {string} name */
const seen = (page, name) => page.evaluate((name) => Reflect.get(window, name), name);
/** @param {import("playwright-core").Page} page @param {boolean} hidden */
const hide = (page, hidden) => page.evaluate((hidden) => {
  Object.assign(window, { hiddenByTest: hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}, hidden);

test("long work keeps the screen on, counts in the title, and tells its end to who looks elsewhere", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 12 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=400&batchSize=4&project=none", init: watched });
  await addFolder(page, folder);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.waitForFunction(() => /^\d+ % · headstart$/.test(document.title));
  assert.deepEqual(await seen(page, "locks"), [], "nothing is held for what may be over at once");

  await page.evaluate(() => Object.assign(window, { aheadMillis: 60_000 }));
  await page.getByRole("button", { name: "Resume" }).click();
  await page.waitForFunction(() => Reflect.get(window, "locks").length === 1);
  await page.evaluate(() => Reflect.get(window, "Notification").requestPermission());
  await hide(page, true);
  await waitForState(page, "trained");
  await page.waitForFunction(() => document.title === "✓ Training is over. · headstart");
  assert.deepEqual(await seen(page, "locks"), [false], "the screen is let go of");
  assert.deepEqual(await seen(page, "notices"), ["headstart: Training is over."]);
  await hide(page, false);
  await page.waitForFunction(() => document.title.startsWith("headstart:"));
  assertQuiet();
});

test("a notice is offered where work takes long, and asked for by a click alone", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 12 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=1000&batchSize=1&project=none", init: watched });
  await addFolder(page, folder);
  const offer = page.getByRole("button", { name: "Tell me when it is done" });
  assert.ok(await offer.isHidden());
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.evaluate(async () => {
    const { change } = await import(new URL("page/state.js", location.href).href);
    change((/** @type {any} */ state) => (state.job.secondsLeft = 90));
  });
  await page.setViewportSize({ width: 320, height: 700 });
  const { x, width } = (await offer.boundingBox()) ?? { x: NaN, width: NaN };
  assert.ok(x >= 0 && x + width <= 320, `it ends at ${x + width} of a small phone's 320 pixels`);
  await offer.click();
  await offer.waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => Notification.permission), "granted");
  await page.getByRole("button", { name: "Stop" }).click();
  await waitForState(page, "trained");
  assert.deepEqual(await seen(page, "notices"), [], "who looks at the page sees it");
  assertQuiet();
});
