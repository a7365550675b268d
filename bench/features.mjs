// Features per image in Chromium, as JSON lines in the form of the peers' bench ({"what":"features","who":"ours-cpu",…}).
//   node bench/features.mjs [--device cpu|webgpu] [--build relaxed-simd|simd128] [--batches 1,8] [--seconds N] [--flags "…"] [--weights FILE]
// Runs the wasm module `pool` of dist/ on one thread, or `engine` on WebGPU: Chromium's software adapter, or with --flags (of
// Chromium, for example --enable-unsafe-webgpu --use-angle=vulkan --enable-features=Vulkan) another one. The pictures are noise, u8 [224, 224, 3] (the peers get f32 of the same
// size: for them no pixel is normalised within the time). A batch is so many images, on the CPU one after the other. `ms_per_image` is the
// median over repetitions, `max_abs_diff` the distance from PyTorch's features of tests/golden for two pictures. With --weights
// it is the network of that file, one that tests/golden/families.py --files wrote: so its features are known too.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { SOFTWARE_WEBGPU, weightsPath } from "../tests/web/browser.mjs";
import { cpuMilliseconds } from "./cpu_time.mjs";
import { median, onQuietPage, print, runBench } from "./frame.mjs";

const LITE0 = "efficientnet-lite0";
const MODULES = { "relaxed-simd": "pool_relaxed", simd128: "pool" };
/** Repetitions before the clock runs: V8 compiles its fast code meanwhile, or the driver its pipelines. */
const WARM = { cpu: 30, webgpu: 1 };

runBench(main);

async function main() {
  const { values } = parseArgs({
    options: {
      device: { type: "string", default: "cpu" }, build: { type: "string", default: "relaxed-simd" },
      batches: { type: "string", default: "1,8" }, seconds: { type: "string", default: "4" }, flags: { type: "string", default: SOFTWARE_WEBGPU.join(" ") },
      weights: { type: "string" },
    },
  });
  const { device, build } = values;
  if (!(device === "cpu" || device === "webgpu")) throw new Error(`There is no device "${device}". There are: cpu, webgpu.`);
  if (!(build === "relaxed-simd" || build === "simd128")) throw new Error(`There is no build "${build}". There are: ${Object.keys(MODULES).join(", ")}.`);
  await onQuietPage(device === "webgpu" ? values.flags.split(" ") : [], async (page, machine) => {
    const module = device === "cpu" ? MODULES[build] : "engine";
    const opened = values.weights ? await openFile(page, values.weights) : { name: LITE0, side: 224 };
    const loaded = await page.evaluate(load, { ...opened, module, weights: weightsPath(), golden: await goldenOf(opened.name), warm: values.weights ? 1 : WARM[device] });
    const who = device === "cpu" && build === "simd128" ? "ours-cpu-simd128" : `ours-${device}`;
    const common = { what: "features", who, backbone: opened.name, ...(device === "cpu" && { build, threads: 1 }), input: "u8", ...loaded };
    for (const batch of values.batches.split(",").map(Number)) {
      const before = cpuMilliseconds(process.pid);
      const times = await page.evaluate(repeat, { batch, seconds: Number(values.seconds) });
      const cpu = cpuMilliseconds(process.pid) - before;
      const each = times.map((time) => time / batch);
      print({
        ...common, batch, ms_per_image: median(each), min_ms_per_image: Math.min(...each),
        cpu_ms_per_image: cpu / batch / each.length, runs: each.length, ...machine(),
      });
    }
  });
}

/** The network in a file, left on the page as `brought`. @param {import("playwright-core").Page} page @param {string} path */
async function openFile(page, path) {
  await page.evaluate(() => document.body.append(Object.assign(document.createElement("input"), { type: "file" })));
  await page.setInputFiles("input", path);
  return page.evaluate(async () => {
    const { importWeights } = await import(new URL("worker/importing.js", location.href).href);
    const [file] = document.querySelector("input")?.files ?? [];
    const { spec, weights } = await importWeights([{ name: file.name, file }], "simd128");
    Object.assign(globalThis, { brought: weights });
    return { name: spec.name, side: spec.inputSize };
  });
}

/** The library's features of two pictures, `noise` and `gradient` or for networks that are brought `shapes`. @param {string} name */
async function goldenOf(name) {
  const file = await readFile(new URL(`../tests/golden/${name === LITE0 ? "lite0" : "families"}.safetensors`, import.meta.url));
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, start).toString());
  const features = header[name === LITE0 ? "features" : `${name}.features`];
  if (!features) throw new Error(`tests/golden has no features of ${name}.`);
  const bytes = file.subarray(start + features.data_offsets[0]);
  return Array.from({ length: 2 * features.shape[1] }, (_, i) => bytes.readFloatLE(4 * i));
}

/** In the page: loads module and weights, checks the goldens, warms up.
 * @param {{name: string, side: number, module: string, weights: string, golden: number[], warm: number}} what
 */
async function load({ name, side, module, weights, golden, warm }) {
  /** @param {number} seed */
  const noise = (seed) => {
    let state = seed;
    return Uint8Array.from({ length: side * side * 3 }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24);
  };
  /** @param {(x: number, y: number) => number[]} colour */
  const drawn = (colour) => Uint8Array.from({ length: side * side * 3 }, (_, i) => colour(Math.floor(i / 3) % side, Math.floor(i / 3 / side))[i % 3]);
  const gradient = (/** @type {number} */ x, /** @type {number} */ y) => [(x * 255) / 223, (y * 255) / 223, ((x + y) * 255) / 446];
  const shapes = (/** @type {number} */ x, /** @type {number} */ y) => {
    if (x >= 120 && x < 200 && y >= 130 && y < 190) return [30, 160, 80];
    if ((x - 90) ** 2 + (y - 100) ** 2 < 60 ** 2) return [200, 50, 40];
    return (Math.floor(x / 16) + Math.floor(y / 16)) % 2 === 0 ? [230, 225, 210] : [40, 60, 90];
  };
  let clock = performance.now();
  const lap = () => -clock + (clock = performance.now());
  const { default: init, Pool, Engine } = await import(new URL(`pkg/${module}.js`, location.href).href);
  await init();
  const library_ms = lap();
  const { brought } = /** @type {{brought?: Blob}} */ (globalThis);
  const file = new Uint8Array(await (brought ?? (await fetch(new URL(weights, location.href)))).arrayBuffer());
  lap();
  const runner = Pool ? new Pool(name) : await Engine.open("webgpu");
  if (Engine) await runner.warmUp(name, undefined);
  await (Pool ? runner.loadBackbone(file) : runner.loadBackbone(name, file));
  /** @param {Uint8Array[]} images */
  const features = async (images) => {
    if (Engine) return runner.featuresOfBatch(new Uint8Array(await new Blob(images).arrayBuffer()));
    const rows = images.map((image) => runner.features(image));
    return rows[0];
  };
  const model_ms = lap();
  const images = [1, 2, 3, 4, 5, 6, 7, 8].map(noise);
  lap();
  const found = [...(await features([images[0]]))];
  const first_ms = lap();
  found.push(...(await features([drawn(brought ? shapes : gradient)])));
  const max_abs_diff = found.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (golden[i] ?? NaN))), 0);
  for (let i = 0; i < warm; i++) await features([images[i % images.length]]);
  Object.assign(globalThis, { features, images });
  const gpu = Engine && (await navigator.gpu.requestAdapter())?.info;
  const adapter = gpu ? [gpu.vendor, gpu.architecture, gpu.description].filter(Boolean).join(" ") : undefined;
  return { library_ms, model_ms, first_ms, max_abs_diff, agrees: max_abs_diff <= 1e-4 * (brought ? Math.max(...golden.map(Math.abs)) : 1), adapter };
}

/** In the page: milliseconds of each repetition of a batch. @param {{batch: number, seconds: number}} how */
async function repeat({ batch, seconds }) {
  const { features, images } = /** @type {any} */ (globalThis);
  const one = async () => {
    const start = performance.now();
    await features(Array.from({ length: batch }, (_, i) => images[i % images.length]));
    return performance.now() - start;
  };
  const FEWEST = 3;
  const times = [];
  const end = performance.now() + seconds * 1000;
  while (times.length < FEWEST || performance.now() < end) times.push(await one());
  return times;
}
