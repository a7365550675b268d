// The head's training step in Chromium, as JSON lines in the form of the peers' bench ({"what":"train","who":"ours-cpu",…}).
//   node bench/head.mjs [--device cpu|webgpu] [--module engine_cpu_relaxed] [--epochs 24] [--batch 64] [--rows 1024] [--head mlp|linear]
// Runs the engine of dist/ on made-up feature rows, f32 [1280], seven classes, by its public `addImage` and `fit`: so a step holds
// the gather, the dropout and its loss, and an epoch also the validation of the 16 rows that the split takes on top. `ms_per_step`
// is an epoch's time over its steps, the median of the epochs after the first two, in which V8 still compiles.
import { parseArgs } from "node:util";
import { SOFTWARE_WEBGPU } from "../tests/web/browser.mjs";
import { cpuMilliseconds } from "./cpu_time.mjs";
import { median, onQuietPage, print, runBench } from "./frame.mjs";

const WARM = 2;

runBench(main);

async function main() {
  const { values } = parseArgs({
    options: {
      device: { type: "string", default: "cpu" }, module: { type: "string" }, head: { type: "string", default: "mlp" }, epochs: { type: "string" },
      batch: { type: "string", default: "64" }, rows: { type: "string", default: "1024" },
    },
  });
  const { device, module = device === "cpu" ? "engine_cpu_relaxed" : "engine" } = values;
  const [epochs, batch, rows] = [values.epochs ?? (device === "cpu" ? "24" : "4"), values.batch, values.rows].map(Number);
  if (![epochs, batch, rows].every((number) => Number.isInteger(number) && number > 0)) throw new Error("--epochs, --batch and --rows take whole numbers.");
  await onQuietPage(device === "cpu" ? [] : SOFTWARE_WEBGPU, async (page, machine) => {
    const library_ms = await page.evaluate(load, { device, module, rows });
    const options = { head: values.head, batchSize: batch, seed: 1, learningRate: 1e-3, validationSplit: 16 / (rows + 16), split: "tail" };
    await page.evaluate(train, { ...options, epochs: WARM });
    const before = cpuMilliseconds(process.pid);
    const { seconds, losses } = await page.evaluate(train, { ...options, epochs });
    const cpu = cpuMilliseconds(process.pid) - before;
    const steps = Math.ceil(rows / batch);
    print({
      what: "train", who: `ours-${device}`, module, head: values.head, batch, rows, library_ms, threads: 1,
      ms_per_step: (median(seconds) * 1000) / steps, min_ms_per_step: (Math.min(...seconds) * 1000) / steps, cpu_ms_per_step: cpu / steps / epochs,
      s_per_epoch: median(seconds), epochs, first_loss: losses[0], last_loss: losses.at(-1), learns: (losses.at(-1) ?? NaN) < (losses[0] ?? NaN),
      ...machine(),
    });
  });
}

/** In the page: loads the module and adds rows with a class's own features raised. @param {{device: string, module: string, rows: number}} what */
async function load({ device, module, rows }) {
  const start = performance.now();
  const { default: init, Engine } = await import(new URL(`pkg/${module}.js`, location.href).href);
  await init();
  const engine = await Engine.open(device);
  const library_ms = performance.now() - start;
  let state = 1;
  const number = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (let i = 0; i < rows + 16; i++) {
    const row = Float32Array.from({ length: 1280 }, (_, j) => number() + (j % 7 === i % 7 ? 0.2 : 0));
    engine.addImage({ id: i, name: `${i}.jpg`, label: `class ${i % 7}`, sha256: i.toString(16).padStart(64, "0") }, row);
  }
  Object.assign(globalThis, { engine });
  return library_ms;
}

/** In the page: seconds and loss of each epoch. @param {Record<string, unknown>} options */
async function train(options) {
  /** @type {number[]} */
  const seconds = [], losses = [];
  await (/** @type {any} */ (globalThis).engine.fit(options, (/** @type {{seconds: number, loss: number}} */ epoch) => {
    seconds.push(epoch.seconds);
    losses.push(epoch.loss);
  }));
  return { seconds, losses };
}
