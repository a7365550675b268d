// The memory that the page takes while it reads many large photos, as JSON lines:
//   node bench/many_photos.mjs PHOTO.jpg [--photos 300] [--every 20]
// Copies the photo so many times, each with a JPEG comment of its own and so with a hash of its own, adds the folder through
// the page's file input on the CPU, and reads the proportional set size of Chromium's processes from Linux's /proc.
// `page_mb` is the process with the page and all workers, `all_mb` every process of Chromium; the last line has both peaks,
// of the first 100 photos and of those after them.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { serve } from "../build/serve.mjs";
import { DIST, NO_WEBGPU, launch } from "../tests/web/browser.mjs";
import { proportionalBytes } from "./memory.mjs";
import { runBench } from "./frame.mjs";

const PERIOD_MS = 500;
/** Until then buffers still grow. */
const WARM = 100;
const MB = 1e6;

runBench(main);

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { photos: { type: "string", default: "300" }, every: { type: "string", default: "20" } },
  });
  const [photos, every] = [Number(values.photos), Number(values.every)];
  if (positionals.length !== 1 || !(photos > 0) || !(every > 0)) throw new Error("usage: node bench/many_photos.mjs PHOTO.jpg [--photos N] [--every N]");
  const folder = await mkdtemp(join(tmpdir(), "headstart-photos-"));
  try {
    await copies(await readFile(positionals[0]), photos, folder);
    await watch(folder, photos, every);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {Buffer} photo @param {number} count @param {string} folder */
async function copies(photo, count, folder) {
  if (photo.readUInt16BE(0) !== 0xffd8) throw new Error("The photo must be a JPEG file.");
  for (const name of ["one", "two"]) await mkdir(join(folder, name));
  for (let i = 0; i < count; i++) {
    const text = Buffer.from(`photo ${i}`);
    const head = Buffer.from([0xff, 0xfe, 0, text.length + 2]);
    const file = Buffer.concat([photo.subarray(0, 2), head, text, photo.subarray(2)]);
    await writeFile(join(folder, i % 2 ? "two" : "one", `${i}.jpg`), file);
  }
}

/** @param {string} folder @param {number} photos @param {number} every */
async function watch(folder, photos, every) {
  const site = await serve(DIST, { port: 0 });
  const browser = await launch(NO_WEBGPU);
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(`${site.url}?device=cpu`);
    const state = () => page.evaluate(() => [document.documentElement.dataset.state, document.querySelector("[data-testid=progress]")?.textContent]);
    while ((await state())[0] !== "ready") await pause();
    await page.getByTestId("add-images").setInputFiles(folder);
    const peaks = { first: { page: 0, all: 0 }, later: { page: 0, all: 0 } };
    let told = 0;
    for (let done = 0; done < photos; await pause()) {
      const [now, text] = await state();
      done = now === "ready" ? photos : Number(/([\d,]+) of/.exec(text ?? "")?.[1].replace(",", "") ?? done);
      const { page: own, all } = proportionalBytes();
      const peak = done <= WARM ? peaks.first : peaks.later;
      Object.assign(peak, { page: Math.max(peak.page, own), all: Math.max(peak.all, all) });
      if (done >= told) print({ photos: done, page_mb: own / MB, all_mb: all / MB });
      if (done >= told) told = done + every;
    }
    const [first, later] = [peaks.first, peaks.later];
    print({ photos, page_peak_mb: Math.max(first.page, later.page) / MB, first_100: first.page / MB, later: later.page / MB, all_peak_mb: Math.max(first.all, later.all) / MB });
  } finally {
    await browser.close();
    await site.close();
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, PERIOD_MS));

/** @param {Record<string, number>} line */
function print(line) {
  console.log(JSON.stringify({ what: "memory", ...Object.fromEntries(Object.entries(line).map(([key, value]) => [key, Math.round(value)])) }));
}
