// Features by one worker and by several at once, as JSON lines: node bench/workers.mjs [--workers 2] [--images 60] [--rounds 5]
// Each worker has a `pool_relaxed` of its own and its share of the images, noise u8 [224, 224, 3]; no decoding, no page beside it.
// One and several take turns. `speedup` is the ratio of the medians.
import { parseArgs } from "node:util";
import { weightsPath } from "../tests/web/browser.mjs";
import { median, onQuietPage, print, runBench } from "./frame.mjs";

runBench(main);

async function main() {
  const { values } = parseArgs({
    options: { workers: { type: "string", default: "2" }, images: { type: "string", default: "60" }, rounds: { type: "string", default: "5" } },
  });
  const [workers, images, rounds] = [values.workers, values.images, values.rounds].map(Number);
  if (![workers, images, rounds].every((number) => Number.isInteger(number) && number > 0)) throw new Error("--workers, --images and --rounds take whole numbers.");
  await onQuietPage([], async (page, machine) => {
    await page.evaluate(start, { workers, weights: weightsPath() });
    /** @type {Record<"one" | "all", number[]>} */
    const ms = { one: [], all: [] };
    for (let round = 0; round <= rounds; round++) {
      const [one, all] = [await page.evaluate(measure, { workers: 1, images }), await page.evaluate(measure, { workers, images })];
      if (round === 0) continue; // V8 still compiles
      ms.one.push(one);
      ms.all.push(all);
    }
    const [one, all] = [median(ms.one) / images, median(ms.all) / images];
    print({ what: "workers", who: "ours-cpu", workers, ms_per_image: all, ms_per_image_of_one: one, speedup: one / all, ...machine() });
  });
}

/** In the page: starts the workers. @param {{workers: number, weights: string}} what */
async function start({ workers, weights }) {
  const code = `
    import init, { Pool } from "${new URL("pkg/pool_relaxed.js", location.href)}";
    await init();
    const pool = new Pool("efficientnet-lite0");
    pool.loadBackbone(new Uint8Array(await (await fetch("${new URL(weights, location.href)}")).arrayBuffer()));
    const pixels = Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => (i * 2654435761) >>> 24);
    onmessage = ({ data }) => { for (let n = 0; n < data; n++) pool.features(pixels); postMessage(null); };
    postMessage(null);`;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const all = Array.from({ length: workers }, () => new Worker(url, { type: "module" }));
  await Promise.all(all.map((worker) => new Promise((resolve) => (worker.onmessage = resolve))));
  Object.assign(globalThis, { all });
}

/** Milliseconds until all images are through. @param {{workers: number, images: number}} what */
async function measure({ workers, images }) {
  const all = /** @type {Worker[]} */ (Object(globalThis).all).slice(0, workers);
  const begin = performance.now();
  await Promise.all(all.map((worker) => new Promise((resolve) => {
    worker.onmessage = resolve;
    worker.postMessage(images / workers);
  })));
  return performance.now() - begin;
}
