// In a pool worker: a file of weights, of whatever kind, to safetensors with the plan's names. Rust reads all kinds but
// Keras's, which are HDF5. Each tensor is read, checked and given to the browser before the next.
import { kerasWeights, openKeras } from "./keras_file.js";
import { Pieces, discard } from "./pieces.js";

/** @typedef {import("../pkg/pool.js").OpenedWeights} OpenedWeights */
/** @typedef {import("../shared/protocol.js").Brought} Brought */
/** @typedef {import("../shared/protocol.js").WeightsFile} WeightsFile */
/** @typedef {import("./wasm.js").PoolModule} PoolModule */

/** Bytes that become one part of the blob. */
const PART_BYTES = 2 ** 22;

/** @param {PoolModule} wasm @param {WeightsFile[]} files @returns {Promise<Brought>} */
export async function readWeights(wasm, files) {
  for (const { name, file } of files) {
    const hdf5 = kerasWeights(wasm, name, file);
    if (hdf5) return openKeras(wasm, name, file, hdf5, brought);
  }
  return brought(wasm.openWeights(files.map(({ name, file }) => new Pieces(name, file))));
}

/** @param {OpenedWeights} opened @returns {Brought} */
function brought(opened) {
  const parts = [];
  let [open, bytes] = [[opened.head()], 0];
  for (let tensor = opened.next(); tensor; tensor = opened.next()) {
    open.push(tensor);
    bytes += tensor.length;
    if (bytes < PART_BYTES) continue;
    parts.push(blobOf(open));
    [open, bytes] = [[], 0];
  }
  return { spec: /** @type {import("../shared/protocol.js").Spec} */ (opened.spec()), weights: new Blob([...parts, blobOf(open)]) };
}

/** @param {Uint8Array[]} tensors spent */
function blobOf(tensors) {
  const blob = new Blob(/** @type {Uint8Array<ArrayBuffer>[]} */ (tensors));
  tensors.forEach(discard);
  return blob;
}
