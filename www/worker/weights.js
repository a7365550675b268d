// Fetches a backbone's weights, with progress. What came is checked by its SHA-256 before use (`verify`, in wasm).
import { HASHES } from "../pkg/hashes.js";
import { Failure } from "../shared/failure.js";

/** @typedef {import("../shared/protocol.js").Spec} Spec */
/** @typedef {(loaded: number, total: number) => void} OnProgress */

/** Between two words on what has come: a file comes in some three hundred pieces. */
const TELL_MS = 50;
/** Whole in the source, so that a bundler finds the file. */
const BUILT_IN = new URL("../weights/efficientnet-lite0.safetensors", import.meta.url);

/** Beside the page, unless told otherwise; named after the backbone, so that the download need not wait for wasm. Its hash
 * is part of the address, so that a browser may keep the file for ever.
 * @param {string} backbone
 */
export function defaultUrl(backbone) {
  const file = `${backbone}.safetensors`;
  const url = backbone === "efficientnet-lite0" ? new URL(BUILT_IN) : new URL(encodeURIComponent(file), BUILT_IN);
  if (Object.hasOwn(HASHES, file)) url.search = HASHES[file];
  return url.href;
}

/** The weights as a Blob, which the browser may keep outside the worker's memory.
 * A file that does not pass `verify` is asked for once more past the HTTP cache, which may hold an older one.
 * @param {string} url
 * @param {Promise<Spec>} spec
 * @param {(weights: Blob) => Promise<void>} verify
 * @param {OnProgress} onProgress
 * @returns {Promise<Blob>}
 */
export async function fetchWeights(url, spec, verify, onProgress) {
  const weights = await download(url, spec, "default", onProgress);
  try {
    await verify(weights);
    return weights;
  } catch (error) {
    if (Object(error).code !== "weights-altered") throw error;
  }
  const fresh = await download(url, spec, "reload", onProgress);
  await verify(fresh);
  return fresh;
}

/** @param {string} url @param {Promise<Spec>} spec @param {RequestCache} cache @param {OnProgress} onProgress */
async function download(url, spec, cache, onProgress) {
  const stop = new AbortController();
  try {
    const request = fetch(url, { cache, signal: stop.signal }).catch((error) => missing(url, error.message));
    // An unknown backbone has no spec, and that is the better answer than its missing file.
    const { bytes } = await spec;
    const response = await request;
    if (response instanceof Failure) throw response;
    if (!response.ok) throw missing(url, `the server answered ${response.status}`);
    if (response.headers.get("content-type")?.startsWith("text/html")) throw missing(url, "the server sent a web page instead");
    return await read(response, url, bytes, onProgress);
  } finally {
    stop.abort();
  }
}

/** @param {Response} response @param {string} url @param {number} bytes @param {OnProgress} onProgress */
async function read(response, url, bytes, onProgress) {
  /** @type {BlobPart[]} */
  const parts = [];
  let loaded = 0;
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
  onProgress(0, bytes);
  let told = performance.now();
  while (loaded <= 2 * bytes) {
    const { done, value } = await reader.read().catch((error) => {
      throw missing(url, `the download broke off after ${loaded} of ${bytes} bytes: ${error.message}`);
    });
    if (done) return new Blob(parts);
    parts.push(value);
    loaded += value.length;
    if (loaded < bytes && performance.now() - told < TELL_MS) continue;
    told = performance.now();
    onProgress(Math.min(loaded, bytes), bytes);
  }
  throw new Failure("weights-altered", `The weights at ${url} are not the ones expected: they should have ${bytes} bytes, and have more than ${loaded}. Fetch the file again.`, url);
}

/** @param {string} url @param {string} why */
function missing(url, why) {
  return new Failure("weights-missing", `The backbone's weights could not be loaded from ${url} (${why}). Check the connection and that the file is there, then try again.`, url);
}
