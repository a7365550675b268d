// Each layer of the CPU backbone in Chromium: arithmetic, memory, time, and how near the limit of this core it runs.
//   node bench/kernels.mjs [--build relaxed-simd|simd128] [--seconds N] [--json]
// Runs all steps of an image in order, as features do, and times each; the fastest quarter of its times counts, so that other
// work on the machine hardly shows. A step's limit is the larger of its FLOPs by the core's multiplications and its bytes by the bandwidth of its memory, both measured first
// (limit.mjs). --json prints {"what":"kernels",…} lines, one a step, instead of the table.
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { serve } from "../build/serve.mjs";
import { DIST, launch, weightsPath } from "../tests/web/browser.mjs";
import { limitModule } from "./limit.mjs";
import { runBench } from "./frame.mjs";

/** @type {Record<string, string>} */
const MODULES = { "relaxed-simd": "pool_relaxed", simd128: "pool" };
/** @typedef {{name: string, output: number[], flops: number, bytes: number, ms: number}} Step */

runBench(main);

async function main() {
  const { values } = parseArgs({
    options: { build: { type: "string", default: "relaxed-simd" }, seconds: { type: "string", default: "6" }, json: { type: "boolean", default: false } },
  });
  const module = MODULES[values.build];
  if (!module) throw new Error(`There is no build "${values.build}". There are: ${Object.keys(MODULES).join(", ")}.`);
  const site = await serve(DIST, { port: 0 });
  const browser = await launch([]);
  try {
    const page = await browser.newPage();
    // Not the page itself, which would start workers of its own beside the measurement.
    // Isolated, it has a clock of 5 µs instead of 100.
    const isolation = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
    await page.route("**/NOTICES.txt", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), ...isolation } });
    });
    await page.goto(`${site.url}NOTICES.txt`);
    const limit = await page.evaluate(measureLimit, [...limitModule(values.build === "relaxed-simd")]);
    const { steps, images } = await page.evaluate(measure, { module, weights: weightsPath(), seconds: Number(values.seconds) });
    const rows = steps.map((step) => row(step, steps, limit));
    const common = { build: values.build, images, peak_gflops: limit.gflops, gbytes_per_s: limit.gbytes, cpu: cpus()[0]?.model, chromium: browser.version(), load: loadavg()[0] };
    if (values.json) rows.forEach((one) => console.log(JSON.stringify({ what: "kernels", ...one, ...common })));
    else table(rows, common);
  } finally {
    await browser.close();
    await site.close();
  }
}

/** @param {Step} step @param {Step[]} all @param {{gflops: number, gbytes: number}} limit */
function row({ name, output, flops, bytes, ms }, all, { gflops, gbytes }) {
  const total = all.reduce((sum, step) => sum + step.ms, 0);
  const limit_ms = Math.max(flops / gflops, bytes / gbytes) / 1e6;
  const round = (/** @type {number} */ value) => Number(value.toPrecision(3));
  return {
    layer: name, output: output.join("×"), flops, bytes, flops_per_byte: round(flops / bytes), ms: round(ms), share: round(ms / total),
    gflops: round(flops / ms / 1e6), limit_ms: round(limit_ms), of_limit: round(limit_ms / ms),
  };
}

/** @param {ReturnType<typeof row>[]} rows @param {Record<string, unknown>} common */
function table(rows, common) {
  const sum = (/** @type {"flops" | "bytes" | "ms" | "limit_ms"} */ key) => rows.reduce((total, row) => total + row[key], 0);
  const cells = rows.map((row) => [row.layer, row.output, (row.flops / 1e6).toFixed(1), (row.bytes / 1e6).toFixed(2), row.ms.toFixed(3),
    (row.share * 100).toFixed(1), row.gflops.toFixed(1), row.of_limit.toFixed(2)]);
  cells.push(["all", "", (sum("flops") / 1e6).toFixed(1), (sum("bytes") / 1e6).toFixed(2), sum("ms").toFixed(3), "100",
    (sum("flops") / sum("ms") / 1e6).toFixed(1), (sum("limit_ms") / sum("ms")).toFixed(2)]);
  console.log(JSON.stringify(common));
  console.table(cells.map(([layer, output, mflop, mb, ms, percent, gflops, ofLimit]) => ({ layer, output, mflop, mb, ms, "%": percent, "gflop/s": gflops, "of limit": ofLimit })));
}

/** In the page: FLOPs of a loop of nothing but multiplications, and bytes of one that reads 64 MB. @param {number[]} bytes */
async function measureLimit(bytes) {
  const { instance } = await WebAssembly.instantiate(Uint8Array.from(bytes));
  const { multiply, read } = /** @type {Record<string, (count: number) => number>} */ (/** @type {unknown} */ (instance.exports));
  /** Amount a second, the best of many. @param {() => unknown} work @param {number} amount */
  const best = (work, amount) => {
    let shortest = Infinity;
    for (let i = 0; i < 30; i++) {
      const start = performance.now();
      work();
      shortest = Math.min(shortest, performance.now() - start);
    }
    return amount / shortest / 1e6;
  };
  const TURNS = 1 << 20;
  return { gflops: best(() => multiply(TURNS), TURNS * 12 * 8), gbytes: best(() => read(0), 64 << 20) };
}

/** In the page: mean milliseconds of each step, over the fastest quarter of its times.
 * @param {{module: string, weights: string, seconds: number}} what
 * @returns {Promise<{steps: Step[], images: number}>}
 */
async function measure({ module, weights, seconds }) {
  const { default: init, Pool } = await import(new URL(`pkg/${module}.js`, location.href).href);
  await init();
  const response = await fetch(new URL(weights, location.href));
  const pool = new Pool("efficientnet-lite0");
  pool.loadBackbone(new Uint8Array(await response.arrayBuffer()));
  const pixels = Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => (i * i) % 251);
  const WARM = 30, FEWEST = 4;
  for (let i = 0; i < WARM; i++) pool.features(pixels);
  /** @type {Omit<Step, "ms">[]} */
  const steps = pool.steps();
  /** @type {number[][]} */
  const times = steps.map(() => []);
  const end = performance.now() + seconds * 1000;
  while (times[0].length < FEWEST || performance.now() < end) {
    pool.features(pixels); // fills in what the steps read
    for (const [at, list] of times.entries()) {
      const start = performance.now();
      pool.runStep(at);
      list.push(performance.now() - start);
    }
  }
  const mean = (/** @type {number[]} */ list) => {
    const fast = list.sort((a, b) => a - b).slice(0, list.length >> 2);
    return fast.reduce((sum, time) => sum + time, 0) / fast.length;
  };
  return { steps: steps.map((step, at) => ({ ...step, ms: mean(times[at]) })), images: times[0].length };
}
