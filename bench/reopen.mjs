// What a second visit costs: a project of many photos is opened again and trained anew, beside the visit that chose them. JSON lines:
//   node bench/reopen.mjs [--images 1000] [--size 512x384] [--epochs 30] [--heads mlp,linear] [--classes 5] [--drawn 1000]
// `first`: from the choice of the folder to the trained head. `second`: the same profile opens the page anew; from its address to
// the head that it trains anew, in a tab that has come to rest: a new one keeps the browser itself busy for a second. Each head has a
// profile of its own. The pictures are JPEGs that Chromium encodes before the clock runs: noise over the hue of their class, so that
// none looks like another. Large ones take long to draw: `--drawn` is how many are, the others are files of the same pictures.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { NO_WEBGPU, launchWithProfile } from "../tests/web/browser.mjs";
import { drawPhotos, multiply } from "./drawn_photos.mjs";
import { areHere, onQuietPage, print, runBench } from "./frame.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {{images: number, classes: number, epochs: number, width: number, height: number}} Size */

/** Of a new tab. */
const REST_MS = 3000;

runBench(main);

async function main() {
  const { values } = parseArgs({
    options: {
      images: { type: "string", default: "1000" }, size: { type: "string", default: "512x384" }, epochs: { type: "string", default: "30" },
      heads: { type: "string", default: "mlp,linear" }, classes: { type: "string", default: "5" }, drawn: { type: "string" },
    },
  });
  const [width, height] = values.size.split("x").map(Number);
  const [images, epochs, classes, drawn] = [values.images, values.epochs, values.classes, values.drawn ?? values.images].map(Number);
  if (![width, height, images, epochs, classes, drawn].every((number) => Number.isInteger(number) && number > 0)) {
    throw new Error("--images, --epochs, --classes and --drawn take whole numbers from 1, --size two of them, as in 512x384.");
  }
  const folder = await mkdtemp(join(tmpdir(), "headstart-reopen-"));
  try {
    await onQuietPage(NO_WEBGPU, async (page, machine) => {
      const size = { images, classes, epochs, width, height };
      await drawPhotos(page, folder, { ...size, images: Math.min(drawn, images) });
      await multiply(folder, images);
      for (const head of values.heads.split(",")) print({ what: "reopen", who: "ours-cpu", head, ...size, ...(await visitTwice(page, folder, head, size)), ...machine() });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {Page} page of the site @param {string} folder @param {string} head @param {Size} size */
async function visitTwice(page, folder, head, { images, epochs }) {
  const profile = await mkdtemp(join(tmpdir(), "headstart-profile-"));
  const context = await launchWithProfile(profile, NO_WEBGPU);
  const address = new URL(`.?device=cpu&head=${head}&epochs=${epochs}`, page.url()).href;
  try {
    const first = await openPage(context);
    await first.goto(address);
    await isAt(first, "ready");
    const chosen = performance.now();
    await first.getByTestId("add-images").setInputFiles(folder);
    await areHere(first, images);
    const added = performance.now();
    const training = await train(first);
    const trained = performance.now();
    await first.waitForFunction(() => document.querySelector("[data-testid=kept]")?.textContent === "Saved on this device");
    const saved = performance.now();
    await first.close();

    const second = await openPage(context);
    await second.waitForTimeout(REST_MS);
    const asked = performance.now();
    await second.goto(address);
    await isAt(second, "trained");
    const opened = performance.now();
    const again = await train(second);
    const end = performance.now();
    const seconds = (/** @type {number} */ from, /** @type {number} */ to) => (to - from) / 1000;
    return {
      first: seconds(chosen, trained), first_features: seconds(chosen, added), first_epochs: training, first_saving: seconds(trained, saved),
      second: seconds(asked, end), second_opening: seconds(asked, opened), second_epochs: again, ratio: (end - asked) / (trained - chosen),
    };
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** @param {import("playwright-core").BrowserContext} context */
async function openPage(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  return page;
}

/** @param {Page} page @param {string} state */
const isAt = (page, state) => page.waitForFunction((wanted) => document.documentElement.dataset.state === wanted, state);

/** Trains as a person does. @param {Page} page @returns {Promise<number>} seconds of the epochs, as the page tells them */
async function train(page) {
  const before = await page.getByTestId("run").textContent();
  await page.getByTestId("train").click();
  const run = await page.waitForFunction((before) => {
    const now = document.querySelector("[data-testid=run]")?.textContent;
    return document.documentElement.dataset.state === "trained" && now !== before && now;
  }, before);
  return JSON.parse(String(await run.jsonValue())).trainSeconds;
}
