// In a pool worker: a file of weights, of whatever kind, to safetensors with the plan's names. Rust reads all kinds but
// Keras's, which are HDF5.
import { kerasWeights, tensorsOf } from "./keras_file.js";

/** @typedef {import("../shared/protocol.js").Brought} Brought */
/** @typedef {import("../shared/protocol.js").WeightsFile} WeightsFile */
/** @typedef {import("./wasm.js").PoolModule} PoolModule */
/** @typedef {{name: string, bytes: Uint8Array}} Content */

/** @param {PoolModule} wasm @param {WeightsFile[]} files @returns {Promise<Brought>} */
export async function readWeights(wasm, files) {
  const contents = await Promise.all(files.map(async ({ name, file }) => ({ name, bytes: new Uint8Array(await file.arrayBuffer()) })));
  const keras = contents.find(({ bytes }) => kerasWeights(bytes));
  const { spec, weights } = keras ? await fromKeras(wasm, keras) : fromRust(wasm, contents);
  return { spec, weights: new Blob([weights]) };
}

/** @param {PoolModule} wasm @param {Content[]} contents */
const fromRust = (wasm, contents) =>
  wasm.importWeights(contents.map(({ name }) => name), contents.splice(0).map(({ bytes }) => bytes));

/** @param {PoolModule} wasm @param {Content} content */
async function fromKeras(wasm, { name, bytes }) {
  const tensors = new wasm.TensorImport(name);
  const hdf5 = /** @type {Uint8Array} */ (kerasWeights(bytes));
  for await (const { path, shape, values } of tensorsOf(name, hdf5)) tensors.add(path, shape, values);
  return tensors.finish(wasm.sha256Hex(bytes), bytes.length);
}
