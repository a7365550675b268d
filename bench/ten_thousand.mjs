// Ten thousand images on the real page, as JSON lines: how smoothly they scroll, what memory they take, how soon the page answers
// throughout, and whether every image keeps its side of the split when a thousand more come:
//   node bench/ten_thousand.mjs [--images 10000] [--more 1000] [--classes 10] [--epochs 10]
// The pictures are JPEGs of 320 × 240 that Chromium encodes before anything is measured, each another noise, a class by its hue. They
// go through the page's own file input, on the CPU, into a kept project. `page_mb` is the process with the page and all workers.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { serve } from "../build/serve.mjs";
import { DIST, NO_WEBGPU, launch } from "../tests/web/browser.mjs";
import { onQuietPage, print, runBench } from "./frame.mjs";
import { proportionalBytes } from "./memory.mjs";
import { scroll } from "./scroll.mjs";

/** @typedef {import("playwright-core").Page} Page */

const MB = 1e6;
const CHUNK = 100;
const TICK_MS = 50;

runBench(main);

async function main() {
  const names = /** @type {const} */ (["images", "more", "classes", "epochs"]);
  const defaults = { images: "10000", more: "1000", classes: "10", epochs: "10" };
  const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: /** @type {const} */ ("string"), default: defaults[name] }])) });
  const [images, more, classes, epochs] = names.map((name) => Number(values[name]));
  if (![images, more, classes, epochs].every((number) => Number.isInteger(number) && number > 0)) throw new Error("All options take whole numbers above 0.");
  const root = await mkdtemp(join(tmpdir(), "headstart-ten-thousand-"));
  try {
    const [first, second] = [join(root, "first"), join(root, "second")];
    await draw(first, 0, images, classes);
    await draw(second, images, more, classes);
    await onPage(epochs, (page) => measure(page, first, second));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Files `CLASS/NUMBER.jpg`. @param {string} folder @param {number} from @param {number} count @param {number} classes */
function draw(folder, from, count, classes) {
  return onQuietPage([], async (page) => {
    for (let c = 0; c < classes; c++) await mkdir(join(folder, `class ${c}`), { recursive: true });
    for (let at = from; at < from + count; at += CHUNK) {
      const files = await page.evaluate(encode, { from: at, to: Math.min(from + count, at + CHUNK), classes });
      await Promise.all(files.map((file, i) => writeFile(join(folder, `class ${(at + i) % classes}`, `${at + i}.jpg`), Buffer.from(file, "base64"))));
    }
  });
}

/** In the page: noise of the class's hue, by the picture's number. @param {{from: number, to: number, classes: number}} which */
async function encode({ from, to, classes }) {
  const canvas = new OffscreenCanvas(320, 240);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const made = [];
  for (let n = from; n < to; n++) {
    let seed = (n + 1) * 2654435761;
    for (let cell = 0; cell < 32 * 24; cell++) {
      seed = (Math.imul(seed ^ (seed >>> 15), 2246822519) + 0x9e3779b9) >>> 0;
      context.fillStyle = `hsl(${((n % classes) * 360) / classes} 60% ${30 + (seed >>> 8) % 40}%)`;
      context.fillRect((cell % 32) * 10, Math.floor(cell / 32) * 10, 10, 10);
    }
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 })).arrayBuffer());
    made.push(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));
  }
  return made;
}

/** @param {number} epochs @param {(page: Page) => Promise<void>} work */
async function onPage(epochs, work) {
  const site = await serve(DIST, { port: 0 });
  const browser = await launch(NO_WEBGPU);
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(0);
    await page.addInitScript(watchTicks, TICK_MS);
    await page.goto(`${site.url}?device=cpu&epochs=${epochs}`);
    await phase(page, "ready");
    await work(page);
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Before the page's own code: how late a timer comes is how long somebody waits for an answer. @param {number} period */
function watchTicks(period) {
  const ticks = Object.assign(window, { lateMillis: /** @type {number[]} */ ([]) }).lateMillis;
  let due = performance.now() + period;
  setInterval(() => {
    ticks.push(performance.now() - due);
    due = performance.now() + period;
  }, period);
}

/** @param {Page} page @param {string} first @param {string} second folders */
async function measure(page, first, second) {
  await stage(page, "adding", async () => {
    await page.getByTestId("add-images").setInputFiles(first);
    await phase(page, "ready");
  });
  await stage(page, "training", () => train(page));
  const before = await sides(page);
  await page.getByRole("button", { name: /^Show all/ }).first().click();
  const { frames: _, ...smooth } = await page.evaluate(scroll, 6);
  print({ what: "ten-thousand", stage: "scrolling", ...smooth, page_mb: proportionalBytes().page / MB });
  await stage(page, "adding more", async () => {
    await page.getByTestId("add-images").setInputFiles(second);
    await phase(page, "ready");
  });
  await stage(page, "training again", () => train(page));
  const after = new Map(await sides(page));
  const moved = before.filter(([name, side]) => after.get(name) !== side).length;
  print({ what: "ten-thousand", stage: "sides", images_before: before.length, images_after: after.size, moved });
}

/** @param {Page} page */
async function train(page) {
  await page.getByRole("button", { name: /^Train( again)?$/ }).click();
  await phase(page, "trained");
}

/** @param {Page} page @param {string} wanted */
const phase = (page, wanted) => page.waitForFunction((wanted) => document.documentElement.dataset.state === wanted, wanted, { polling: 500 });

/** Runs a stage, and says how late timers were and what memory it took. @param {Page} page @param {string} name @param {() => Promise<unknown>} work */
async function stage(page, name, work) {
  await page.evaluate(() => void (Reflect.get(window, "lateMillis").length = 0));
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, proportionalBytes().page)), 1000);
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  clearInterval(timer);
  const late = (await page.evaluate(() => /** @type {number[]} */ (Reflect.get(window, "lateMillis")))).sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => Math.max(0, late[Math.floor(share * (late.length - 1))] ?? 0);
  print({ what: "ten-thousand", stage: name, seconds, page_peak_mb: peak / MB, ticks: late.length, late_p99_ms: at(0.99), late_max_ms: at(1), late_over_100_ms: late.filter((ms) => ms > 100).length });
}

/** Which side each image is on, by name. @param {Page} page @returns {Promise<[string, string][]>} */
function sides(page) {
  return page.evaluate(async () => {
    const { state, imagesById } = await import(new URL("page/state.js", location.href).href);
    const known = imagesById(state);
    const { images, trainIds } = state.report;
    const named = (/** @type {number[]} */ ids, /** @type {string} */ side) => ids.map((id) => /** @type {[string, string]} */ ([known.get(id).name, side]));
    return [...named(images.map((/** @type {{id: number}} */ { id }) => id), "validation"), ...named(trainIds, "training")];
  });
}
