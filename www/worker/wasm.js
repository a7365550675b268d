// Brings the wasm modules in: `pool`, compiled once and handed to every pool worker, and the engine, of which there are
// two kinds: `engine` has WebGPU, `engine_cpu` is a twentieth of its size. The browser checks each by its SHA-256.
import { INTEGRITY } from "../pkg/hashes.js";
import { Failure } from "../shared/failure.js";

/** @typedef {import("../shared/protocol.js").Simd} Simd */
/** @typedef {typeof import("../pkg/engine.js")} EngineModule */
/** @typedef {typeof import("../pkg/pool.js")} PoolModule */

// A function whose body is one i8x16.relaxed_swizzle.
const RELAXED_SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
]);

// Each address stands whole in the source: so a bundler finds the file, copies it as it is and puts its new name here.
// Its name here is the one that its hash is known by.
/** @type {Record<Simd, {file: string, wasm: URL}>} */
const POOL = {
  "relaxed-simd": { file: "pool_relaxed_bg.wasm", wasm: new URL("../pkg/pool_relaxed_bg.wasm", import.meta.url) },
  simd128: { file: "pool_bg.wasm", wasm: new URL("../pkg/pool_bg.wasm", import.meta.url) },
};
const ENGINE = {
  webgpu: {
    file: "engine_bg.wasm",
    glue: new URL("../pkg/engine.js", import.meta.url),
    wasm: new URL("../pkg/engine_bg.wasm", import.meta.url),
  },
  "relaxed-simd": {
    file: "engine_cpu_relaxed_bg.wasm",
    glue: new URL("../pkg/engine_cpu_relaxed.js", import.meta.url),
    wasm: new URL("../pkg/engine_cpu_relaxed_bg.wasm", import.meta.url),
  },
  simd128: {
    file: "engine_cpu_bg.wasm",
    glue: new URL("../pkg/engine_cpu.js", import.meta.url),
    wasm: new URL("../pkg/engine_cpu_bg.wasm", import.meta.url),
  },
};

/** The best build of `pool` and `engine_cpu` that this browser runs. @returns {Simd} */
export function bestSimd() {
  return WebAssembly.validate(RELAXED_SIMD) ? "relaxed-simd" : "simd128";
}

/** Fetches and compiles `pool`. @param {Simd} simd @returns {Promise<WebAssembly.Module>} */
export async function compilePool(simd) {
  const { file, wasm: url } = POOL[simd];
  const response = await fetchWasm(url, file).catch(() => null);
  if (!response?.ok) throw missing(url);
  // Streaming needs the type application/wasm, which not every static host sends.
  const streams = response.headers.get("content-type")?.startsWith("application/wasm");
  try {
    return await (streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer()));
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw missing(url);
    throw new Failure("unsupported-browser", `This browser can't run headstart's WebAssembly (${error.message}). Update it, or use Chrome 91, Firefox 89, Safari 16.4 or newer.`);
  }
}

/** The glue of `pool`, started on the compiled module. @param {WebAssembly.Module} module @param {Simd} simd @returns {Promise<PoolModule>} */
export async function startPool(module, simd) {
  const pool = await (simd === "relaxed-simd"
    ? /** @type {Promise<PoolModule>} */ (import("../pkg/pool_relaxed.js"))
    : import("../pkg/pool.js"));
  await pool.default({ module_or_path: module });
  return pool;
}

let engines = 0;

/** A fresh instance of the engine for a device: after a trap, or on a lost device, the old one can't be used again.
 * @param {import("../shared/protocol.js").Device} device
 * @returns {Promise<Pick<EngineModule, "Engine" | "Cloud">>}
 */
export async function loadEngine(device) {
  const { file, glue, wasm } = ENGINE[device === "webgpu" ? "webgpu" : bestSimd()];
  const url = new URL(glue);
  if (engines++) url.hash = `instance=${engines}`; // another module of the same file, also where it is a blob
  try {
    // Not a bundler's: it would make one module of all instances.
    const engine = /** @type {EngineModule} */ (await import(/* @vite-ignore */ /* webpackIgnore: true */ url.href));
    await engine.default({ module_or_path: fetchWasm(wasm, file) });
    return engine;
  } catch (error) {
    engines++; // a module that failed to load stays failed under its name
    throw error instanceof WebAssembly.CompileError ? error : missing(url);
  }
}

/** @param {URL} url @param {string} file */
const fetchWasm = (url, file) => fetch(url, { integrity: INTEGRITY[file] });

/** @param {URL} url */
const missing = (url) =>
  new Failure("worker-failed", `${url.href} could not be loaded, or is not what it should be. Check the connection and reload the page; your files are untouched.`);
