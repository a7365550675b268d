// Features per image in Chromium, as JSON lines in the form of the peers' bench ({"what":"features","who":"ours-cpu",…}).
//   node bench/features.mjs [--device cpu|webgpu] [--build relaxed-simd|simd128] [--batches 1,8] [--seconds N] [--flags "…"]
// Runs the wasm module `pool` of dist/ on one thread, or `engine` on WebGPU: Chromium's software adapter, or with --flags (of
// Chromium, for example --enable-unsafe-webgpu --use-angle=vulkan --enable-features=Vulkan) another one. The pictures are noise, u8 [224, 224, 3] (the peers get f32 of the same
// size: for them no pixel is normalised within the time). A batch is so many images, on the CPU one after the other. `ms_per_image` is the
// median over repetitions, `max_abs_diff` the distance from PyTorch's features of tests/golden for two pictures.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { SOFTWARE_WEBGPU, weightsPath } from "../tests/web/browser.mjs";
import { cpuMilliseconds } from "./cpu_time.mjs";
import { median, onQuietPage, print, runBench } from "./frame.mjs";

const GOLDEN = new URL("../tests/golden/lite0.safetensors", import.meta.url);
const MODULES = { "relaxed-simd": "pool_relaxed", simd128: "pool" };
/** Repetitions before the clock runs: V8 compiles its fast code meanwhile, or the driver its pipelines. */
const WARM = { cpu: 30, webgpu: 1 };

runBench(main);

async function main() {
  const { values } = parseArgs({
    options: {
      device: { type: "string", default: "cpu" }, build: { type: "string", default: "relaxed-simd" },
      batches: { type: "string", default: "1,8" }, seconds: { type: "string", default: "4" }, flags: { type: "string", default: SOFTWARE_WEBGPU.join(" ") },
    },
  });
  const { device, build } = values;
  if (!(device === "cpu" || device === "webgpu")) throw new Error(`There is no device "${device}". There are: cpu, webgpu.`);
  if (!(build === "relaxed-simd" || build === "simd128")) throw new Error(`There is no build "${build}". There are: ${Object.keys(MODULES).join(", ")}.`);
  await onQuietPage(device === "webgpu" ? values.flags.split(" ") : [], async (page, machine) => {
    const loaded = await page.evaluate(load, { module: device === "cpu" ? MODULES[build] : "engine", weights: weightsPath(), golden: await golden(), warm: WARM[device] });
    const who = device === "cpu" && build === "simd128" ? "ours-cpu-simd128" : `ours-${device}`;
    const common = { what: "features", who, ...(device === "cpu" && { build, threads: 1 }), input: "u8", ...loaded };
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

/** PyTorch's features of `noise` and `gradient`, as numbers. */
async function golden() {
  const file = await readFile(GOLDEN);
  const start = 8 + Number(file.readBigUInt64LE(0));
  const { features, __metadata__ } = JSON.parse(file.subarray(8, start).toString());
  if (!__metadata__.pictures.startsWith("noise,gradient,")) throw new Error("tests/golden/lite0.safetensors has other pictures.");
  const bytes = file.subarray(start + features.data_offsets[0]);
  return Array.from({ length: 2 * features.shape[1] }, (_, i) => bytes.readFloatLE(4 * i));
}

/** In the page: loads module and weights, checks the goldens, warms up. @param {{module: string, weights: string, golden: number[], warm: number}} what */
async function load({ module, weights, golden, warm }) {
  const side = 224;
  /** @param {number} seed */
  const noise = (seed) => {
    let state = seed;
    return Uint8Array.from({ length: side * side * 3 }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24);
  };
  const gradient = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % side, y = Math.floor(i / 3 / side);
    return [(x * 255) / 223, (y * 255) / 223, ((x + y) * 255) / 446][i % 3] ?? 0;
  });
  let clock = performance.now();
  const lap = () => -clock + (clock = performance.now());
  const { default: init, Pool, Engine } = await import(new URL(`pkg/${module}.js`, location.href).href);
  await init();
  const library_ms = lap();
  const response = await fetch(new URL(weights, location.href));
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  const file = new Uint8Array(await response.arrayBuffer());
  lap();
  const name = "efficientnet-lite0";
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
  found.push(...(await features([gradient])));
  const max_abs_diff = found.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (golden[i] ?? NaN))), 0);
  for (let i = 0; i < warm; i++) await features([images[i % images.length]]);
  Object.assign(globalThis, { features, images });
  const gpu = Engine && (await navigator.gpu.requestAdapter())?.info;
  const adapter = gpu ? [gpu.vendor, gpu.architecture, gpu.description].filter(Boolean).join(" ") : undefined;
  return { library_ms, model_ms, first_ms, max_abs_diff, agrees: max_abs_diff <= 1e-4, adapter };
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
