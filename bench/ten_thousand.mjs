// Ten thousand images on the real page, as JSON lines: how smoothly they scroll, what memory they take, how soon the page answers
// throughout (also while a whole class is moved, removed and brought back), and whether every image keeps its side of the split when a thousand more come:
//   node bench/ten_thousand.mjs [--images 10000] [--more 1000] [--classes 10] [--epochs 10]
// The pictures are JPEGs of 320 × 240 that Chromium encodes before anything is measured, each another noise, a class by its hue. They
// come from a folder that the page opens, on the CPU, into a kept project. The browser's picker can't be pressed here: in its place stands a
// folder of the browser's private disk, with the same handles. `page_mb` is the process with the page and all workers. The first line
// is of a file input with the same folder on a page that does nothing: so long the browser itself holds a page up, where there is no picker.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { serve } from "../build/serve.mjs";
import { DIST } from "../tests/web/browser.mjs";
import { drawPhotos } from "./drawn_photos.mjs";
import { areHere, onQuietPage, print, runBench } from "./frame.mjs";
import { proportionalBytes } from "./memory.mjs";
import { scroll } from "./scroll.mjs";
import { launchAlone, stopWatching } from "./unwatched.mjs";

/** @typedef {import("playwright-core").Page} Page */

const MB = 1e6;
const SIZE = { width: 320, height: 240 };
const TICK_MS = 50;
/** One that does nothing, alone or beside others. */
const IDLE_KEY = "F9";
/** Between two presses of it. */
const PRESS_MS = 100;

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
    await onQuietPage([], async (page) => {
      await drawPhotos(page, first, { images, classes, ...SIZE });
      await drawPhotos(page, second, { images: more, classes, ...SIZE, from: images });
    });
    await onPage(epochs, (page, open) => measure(page, open, first, second, images, more));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** @param {number} epochs @param {(page: Page, open: () => Promise<void>) => Promise<void>} work `open`: opens the real page in place of the quiet one */
async function onPage(epochs, work) {
  const site = await serve(DIST, { port: 0 });
  const browser = await launchAlone();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(0);
    await page.addInitScript(watchAnswers, TICK_MS);
    await page.goto(`${site.url}NOTICES.txt`);
    await work(page, async () => {
      await page.goto(`${site.url}?device=cpu&epochs=${epochs}`);
      await phase(page, "ready");
      await stopWatching(page);
    });
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Before the page's own code: how late a timer comes, which nobody hurries, and how long after a key is pressed the page hears of it.
 * @param {number} period
 */
function watchAnswers(period) {
  const { ticks, heard } = Object.assign(window, { ticks: /** @type {{late: number, at: number}[]} */ ([]), heard: /** @type {number[]} */ ([]) });
  let due = performance.now() + period;
  setInterval(() => {
    const at = performance.now();
    ticks.push({ late: at - due, at });
    due = performance.now() + period;
  }, period);
  addEventListener("keydown", ({ timeStamp }) => heard.push(performance.now() - timeStamp), { capture: true });
}

/** A file input alone; then its files go to the browser's private disk. @param {Page} page @param {string} folder @param {string} name */
async function copyToBrowser(page, folder, name) {
  await page.evaluate(() => {
    const input = Object.assign(document.createElement("input"), { type: "file", webkitdirectory: true });
    document.body.replaceChildren(input);
  });
  await stage(page, "a file input on an empty page", () => page.locator("input").setInputFiles(folder));
  await page.evaluate(async (name) => {
    const top = await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
    for (const file of /** @type {HTMLInputElement} */ (document.querySelector("input")).files ?? []) {
      const [, label] = file.webkitRelativePath.split("/");
      const out = await (await (await top.getDirectoryHandle(label, { create: true })).getFileHandle(file.name, { create: true })).createWritable();
      await out.write(file);
      await out.close();
    }
  }, name);
}

/** What the picker gives from now on. @param {Page} page @param {string} name */
const pickFolder = async (page, name) => {
  await page.evaluate((name) => {
    Object.assign(window, { showDirectoryPicker: async () => (await navigator.storage.getDirectory()).getDirectoryHandle(name) });
  }, name);
  await page.getByText("Choose a folder", { exact: true }).click();
};

/** @param {Page} page @param {() => Promise<void>} open @param {string} first @param {string} second folders @param {number} images @param {number} more */
async function measure(page, open, first, second, images, more) {
  await copyToBrowser(page, first, "first");
  await copyToBrowser(page, second, "second");
  await open();
  await stage(page, "adding", async () => {
    await pickFolder(page, "first");
    await areHere(page, images);
  });
  await stage(page, "training", () => train(page));
  const before = await sides(page);
  await page.getByRole("button", { name: /^Show all/ }).first().click();
  const { frames: _, ...smooth } = await page.evaluate(scroll, 6);
  print({ what: "ten-thousand", stage: "scrolling", ...smooth, page_mb: proportionalBytes().page / MB });
  await stage(page, "editing", () => edit(page, images));
  await stage(page, "adding more", async () => {
    await pickFolder(page, "second");
    await areHere(page, images + more);
  });
  await stage(page, "training again", () => train(page));
  const after = new Map(await sides(page));
  const moved = before.filter(([name, side]) => after.get(name) !== side).length;
  print({ what: "ten-thousand", stage: "sides", images_before: before.length, images_after: after.size, moved });
}

/** A class is moved to the next and back, then removed and brought back. @param {Page} page @param {number} images */
async function edit(page, images) {
  await page.getByRole("option").first().focus();
  await page.keyboard.press("Control+a");
  await untilSaid(page, () => page.keyboard.press("2"));
  await untilSaid(page, () => page.keyboard.press("Control+z"));
  await page.getByRole("button", { name: /^Remove / }).first().click();
  await untilSaid(page, () => page.locator("#question-yes").click());
  await page.keyboard.press("Control+z");
  await areHere(page, images);
}

/** Until the page says something else of what was changed last. @param {Page} page @param {() => Promise<void>} act */
async function untilSaid(page, act) {
  const before = await page.locator(".edits [role=status]").textContent();
  await act();
  await page.waitForFunction((before) => document.querySelector(".edits [role=status]")?.textContent !== before, before);
}

/** @param {Page} page */
async function train(page) {
  await page.getByRole("button", { name: /^Train( again)?$/ }).click();
  await phase(page, "trained");
}

/** @param {Page} page @param {string} wanted */
const phase = (page, wanted) => page.waitForFunction((wanted) => document.documentElement.dataset.state === wanted, wanted, { polling: 500 });

/** Runs a stage, and says how late timers were, how soon a key was heard that is pressed all the time, and what memory it took.
 * @param {Page} page @param {string} name @param {() => Promise<unknown>} work
 */
async function stage(page, name, work) {
  const from = await page.evaluate(() => {
    Reflect.get(window, "ticks").length = Reflect.get(window, "heard").length = 0;
    return performance.now();
  });
  let [peak, isOver] = [0, false];
  const timer = setInterval(() => (peak = Math.max(peak, proportionalBytes().page)), 1000);
  const start = performance.now();
  const pressing = (async () => {
    for (; !isOver; await page.waitForTimeout(PRESS_MS)) await page.keyboard.press(IDLE_KEY);
  })();
  let seconds = 0;
  await work().finally(async () => {
    seconds = (performance.now() - start) / 1000;
    clearInterval(timer);
    isOver = true;
    await pressing;
  });
  await page.waitForTimeout(2 * TICK_MS); // a timer that is late is known when it comes
  const { ticks, heard } = await page.evaluate(() => ({ ticks: /** @type {{late: number, at: number}[]} */ (Reflect.get(window, "ticks")), heard: /** @type {number[]} */ (Reflect.get(window, "heard")) }));
  const late = ticks.map(({ late }) => late);
  const latest = ticks.find((tick) => tick.late === Math.max(...late))?.at ?? from;
  print({
    what: "ten-thousand", stage: name, seconds, page_peak_mb: peak / MB,
    ticks: late.length, late_p99_ms: at(late, 0.99), late_max_ms: at(late, 1), late_max_after_s: (latest - from) / 1000, late_over_100_ms: late.filter((ms) => ms > 100).length,
    keys: heard.length, heard_p99_ms: at(heard, 0.99), heard_max_ms: at(heard, 1), heard_over_100_ms: heard.filter((ms) => ms > 100).length,
  });
}

/** @param {number[]} values @param {number} share */
const at = (values, share) => Math.max(0, values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 0);

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
