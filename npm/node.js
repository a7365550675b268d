// The npm package in Node: the same wasm on the CPU, in this thread. What needs a browser says so.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { withDefaults } from "../www/page/fit_options.js";
import { itemFrom } from "../www/page/sources.js";
import { Failure, failureFrom } from "../www/shared/failure.js";
import { textOfFit } from "../www/shared/image_fit.js";
import { checkFit, joinRows } from "../www/shared/rows.js";
import { fitRows, predictRows } from "../www/worker/head_rows.js";
import { bestSimd } from "../www/worker/wasm.js";

/** @typedef {import("./index.js").ExtractOptions} ExtractOptions */
/** @typedef {import("../www/worker/wasm.js").PoolModule} PoolModule */
/** @typedef {typeof import("../www/pkg/engine_cpu.js")} EngineModule */
/** @typedef {import("../www/shared/protocol.js").Rejected} Rejected */
/** @typedef {import("../www/shared/rows.js").Extracted} Extracted */
/** @typedef {import("../www/shared/rows.js").Features} Features */
/** @typedef {import("../www/shared/rows.js").Head} Head */

/** Needs workers and a browser's storage. */
export class Trainer {
  /** @returns {Promise<never>} */
  static async create() {
    throw new Failure("unsupported-browser", "Trainer needs a browser. In Node use extractFeatures, fitHead and predict.");
  }
}

/** See page/features.js. @param {Iterable<import("./index.js").Source>} sources @param {ExtractOptions} [options] @returns {Promise<Features>} */
export async function extractFeatures(sources, { backbone = "efficientnet-lite0", device, fit = "crop", weights, weightsUrl, signal, onPicture = () => {} } = {}) {
  if (device === "webgpu") throw new Failure("no-device", "There is no WebGPU in Node. Leave device out, or ask for cpu.");
  if (weights) throw new Failure("wrong-option", "Weights of your own are read in a browser. In Node give weightsUrl, with a backbone's name.");
  const items = Array.from(sources, (source) => itemFrom(source, "-", textOfFit(fit)));
  let pool = await openPool(backbone, weightsUrl);
  /** @type {(Extracted | Rejected)[]} */
  const results = [];
  try {
    for (const { name, file, fit } of items) {
      signal?.throwIfAborted();
      const result = extract(pool, name, new Uint8Array(await file.arrayBuffer()), fit);
      if ("code" in result && result.code === "crashed") pool = await openAnew(backbone, weightsUrl);
      results.push(result);
      onPicture(results.length, items.length);
    }
  } finally {
    pool.free();
  }
  return joinRows(backbone, results, fit);
}

/** See page/features.js. @param {Features} features @param {string[]} labels
 * @param {import("./index.js").HeadOptions & {signal?: AbortSignal, onEpoch?: (epoch: import("./index.js").Epoch) => void}} [options]
 * @returns {Promise<Head>}
 */
export async function fitHead(features, labels, { signal, onEpoch, ...options } = {}) {
  checkFit(features, labels, options);
  signal?.throwIfAborted();
  return withEngine("training", async (engine) => {
    const head = await fitRows(engine, features, labels, withDefaults(options), async (epoch) => {
      onEpoch?.(epoch);
      await new Promise((resolve) => setImmediate(resolve)); // so that whoever aborts is heard
      return !signal?.aborted;
    });
    signal?.throwIfAborted();
    return head;
  });
}

/** See page/features.js. @param {Head | Uint8Array} head @param {Features} features */
export function predict(head, features) {
  const file = head instanceof Uint8Array ? head : head.file;
  return withEngine("predicting", (engine) => predictRows(engine, file, features));
}

/** @param {import("../www/pkg/pool.js").Pool} pool @param {string} name @param {Uint8Array} bytes @param {string} [fit] @returns {Extracted | Rejected} */
function extract(pool, name, bytes, fit) {
  try {
    const { sha256, fingerprint, width, height, pixels } = pool.prepare(name, bytes, fit);
    const features = /** @type {Float32Array<ArrayBuffer>} */ (pool.features(pixels));
    return { name, sha256, fingerprint, width, height, features };
  } catch (error) {
    const { code, message } = failureFrom(error, "reading", name);
    return { name, code, reason: message };
  }
}

/** A decoder with a backbone whose hash was checked. @param {string} backbone @param {string | URL} [weightsUrl] */
async function openPool(backbone, weightsUrl) {
  const wasm = /** @type {PoolModule} */ (await load("pool"));
  const pool = new wasm.Pool(backbone); // refuses an unknown name
  const url = weightsUrl ?? new URL(`../www/weights/${backbone}.safetensors`, import.meta.url);
  const file = pieces(backbone, await readWeights(url));
  wasm.verifyWeights(backbone, file);
  pool.loadBackboneFrom(file);
  return pool;
}

/** A module that has trapped can't be used again. @param {string} backbone @param {string | URL} [weightsUrl] */
function openAnew(backbone, weightsUrl) {
  modules.delete("pool");
  return openPool(backbone, weightsUrl);
}

/** @param {string | URL} url */
async function readWeights(url) {
  try {
    const { protocol, href } = new URL(url, pathToFileURL(`${process.cwd()}/`));
    if (protocol === "file:") return new Uint8Array(await readFile(new URL(href)));
    const response = await fetch(href);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure("weights-missing", `The backbone's weights could not be loaded from ${url} (${why}). Check that the file is there, then try again.`, String(url));
  }
}

/** A file as wasm reads it. @param {string} name @param {Uint8Array} bytes */
const pieces = (name, bytes) => ({
  name,
  size: bytes.length,
  read: (/** @type {number} */ start, /** @type {number} */ end) => bytes.subarray(start, end),
});

/** @template T @param {string} doing @param {(engine: import("../www/pkg/engine.js").Engine) => Promise<T>} work @returns {Promise<T>} */
async function withEngine(doing, work) {
  const { Engine } = /** @type {EngineModule} */ (await load("engine_cpu"));
  const engine = await Engine.open("cpu");
  try {
    return await work(/** @type {import("../www/pkg/engine.js").Engine} */ (/** @type {unknown} */ (engine)));
  } catch (error) {
    if (Object(error).name === "AbortError") throw error;
    const failure = failureFrom(error, doing);
    if (failure.code === "crashed") modules.delete("engine_cpu");
    throw failure;
  }
}

/** Compiled once, and started again only after a trap. @type {Map<string, Promise<PoolModule | EngineModule>>} */
const modules = new Map();
let instances = 0;

/** @param {"pool" | "engine_cpu"} name */
function load(name) {
  const known = modules.get(name) ?? start(name);
  modules.set(name, known);
  return known;
}

/** @param {"pool" | "engine_cpu"} name @returns {Promise<PoolModule | EngineModule>} */
async function start(name) {
  const file = bestSimd() === "relaxed-simd" ? `${name}_relaxed` : name;
  const glue = await import(new URL(`../www/pkg/${file}.js?instance=${++instances}`, import.meta.url).href);
  await glue.default({ module_or_path: await readFile(new URL(`../www/pkg/${file}_bg.wasm`, import.meta.url)) });
  return glue;
}
