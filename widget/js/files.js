// The trainer's own files (workers, wasm, weights) without a server: the kernel sends each once, and here it becomes a blob with an address.
import { SIZES, TABLE } from "headstart-files";

/** @import { Model } from "./protocol.js" */

/** Each after those that it starts: build/widget.mjs writes them in that order. */
const WORKERS = Object.keys(SIZES).filter((name) => name.startsWith("worker/"));
const WEIGHTS = "weights/efficientnet-lite0.safetensors";
/** @type {Record<string, string>} */
const TYPES = { js: "text/javascript", wasm: "application/wasm" };
const PATIENCE_MS = 20_000;
// A function whose body is one i8x16.relaxed_swizzle.
const RELAXED_SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
]);

/** Puts the addresses in place, once a page, and gives that of the weights.
 * @param {Model} model @param {"auto" | "webgpu" | "cpu"} device @param {(text: string) => void} onProgress @returns {Promise<string>}
 */
export async function placeFiles(model, device, onProgress) {
  if (typeof WebAssembly !== "object") throw new Error("This browser has no WebAssembly, or it is switched off. Open the notebook in another one.");
  const name = `${TABLE}-for-${device}`;
  /** @type {Promise<Record<string, string>> | undefined} */
  const before = Reflect.get(globalThis, name);
  const placing = before ?? place(model, device, onProgress);
  Reflect.set(globalThis, name, placing);
  try {
    const table = await placing;
    Reflect.set(globalThis, TABLE, table);
    return table[WEIGHTS];
  } catch (error) {
    Reflect.deleteProperty(globalThis, name);
    throw error;
  }
}

/** @param {Model} model @param {"auto" | "webgpu" | "cpu"} device @param {(text: string) => void} onProgress */
async function place(model, device, onProgress) {
  const names = await needed(device);
  const blobs = await receive(model, names, onProgress);
  /** @type {Record<string, string>} */
  const table = {};
  for (const name of names) {
    const blob = /** @type {Blob} */ (blobs.get(name));
    const head = WORKERS.includes(name) ? [`globalThis[${JSON.stringify(TABLE)}]=${JSON.stringify(table)};\n`] : []; // its own thread's
    table[name] = URL.createObjectURL(new Blob([...head, blob], { type: TYPES[name.split(".")[1]] }));
  }
  return table;
}

/** Those that this browser takes, each after what it needs. @param {"auto" | "webgpu" | "cpu"} device */
async function needed(device) {
  const relaxed = WebAssembly.validate(RELAXED_SIMD) ? "_relaxed" : "";
  const engines = [`engine_cpu${relaxed}`];
  if (device === "webgpu" || (device === "auto" && (await hasRealAdapter()))) engines.push("engine");
  const wasm = [...engines, `pool${relaxed}`].map((name) => `pkg/${name}_bg.wasm`);
  return [...wasm, ...engines.map((name) => `pkg/${name}.js`), WEIGHTS, ...WORKERS];
}

async function hasRealAdapter() {
  const gpu = Reflect.get(navigator, "gpu");
  const adapter = await gpu?.requestAdapter().catch(() => null);
  const { vendor, architecture, description } = adapter?.info ?? {};
  return Boolean(adapter) && !/swiftshader|llvmpipe|lavapipe/i.test([vendor, architecture, description].join());
}

/** @param {Model} model @param {string[]} names @param {(text: string) => void} onProgress @returns {Promise<Map<string, Blob>>} */
function receive(model, names, onProgress) {
  const total = names.reduce((sum, name) => sum + SIZES[name], 0);
  /** @type {Map<string, Blob>} */
  const blobs = new Map();
  let [loaded, isOver] = [0, false];
  return new Promise((resolve, reject) => {
    const overdue = setInterval(() => {
      if (!isOver) onProgress("Waiting for the kernel, which is busy with a cell, or gone. `await` on a call of the trainer lets it answer; else restart the kernel and run the cell again.");
    }, PATIENCE_MS);
    const end = (/** @type {() => void} */ settle) => {
      isOver = true;
      clearInterval(overdue);
      settle();
    };
    model.on("msg:custom", async (message, [bytes]) => {
      if (isOver || message.type !== "file" || blobs.has(message.name)) return;
      try {
        blobs.set(message.name, await unzipped(bytes));
      } catch (error) {
        return end(() => reject(new Error(`What the kernel sent of ${message.name} can't be read (${Object(error).message}). Install headstart-widget anew.`)));
      }
      loaded += bytes.byteLength;
      onProgress(`Loading the trainer from the kernel: ${(loaded / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`);
      if (blobs.size === names.length) end(() => resolve(blobs));
    });
    onProgress("Asking the kernel for the trainer");
    model.send({ type: "files", names });
  });
}

/** @param {DataView} bytes */
function unzipped(bytes) {
  if (typeof DecompressionStream !== "function") throw new Error("this browser can't unpack it; use Chrome 80, Firefox 113, Safari 16.4 or newer");
  const packed = new Blob([/** @type {BlobPart} */ (bytes)]).stream();
  return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).blob();
}
