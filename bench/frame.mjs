// What the benches share: dist/ served, Chromium on it, and lines of JSON.
import { cpus, loadavg } from "node:os";
import { serve } from "../build/serve.mjs";
import { DIST, launch } from "../tests/web/browser.mjs";

/** Runs `measure` on a page beside the real one, which would start workers of its own.
 * @template T
 * @param {string[]} flags of Chromium
 * @param {(page: import("playwright-core").Page, machine: () => Record<string, unknown>) => Promise<T>} measure
 * `machine()`: what a line says of where and when it was measured
 */
export async function onQuietPage(flags, measure) {
  const site = await serve(DIST, { port: 0 });
  const browser = await launch(flags);
  try {
    const page = await browser.newPage();
    await page.goto(`${site.url}NOTICES.txt`);
    const machine = () => ({ cpu: cpus()[0]?.model, chromium: browser.version(), date: new Date().toISOString(), load: loadavg()[0] });
    return await measure(page, machine);
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Runs a bench; what it throws is a sentence for the person, and a failed exit. @param {() => Promise<void>} main */
export function runBench(main) {
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

/** One JSON line; a number that is not whole has three digits. @param {Record<string, unknown>} line */
export function print(line) {
  const short = (/** @type {unknown} */ value) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(3)) : value);
  console.log(JSON.stringify(Object.fromEntries(Object.entries(line).map(([key, value]) => [key, short(value)]))));
}

/** Until that many images have come in. @param {import("playwright-core").Page} page @param {number} images */
export const areHere = (page, images) => page.waitForFunction((images) => {
  const [shown] = (document.getElementById("tally")?.textContent ?? "").split(" ");
  return document.documentElement.dataset.state === "ready" && Number(shown.replace(/\D/g, "")) === images;
}, images, { polling: 100 });

/** The middle one. @param {number[]} values */
export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
