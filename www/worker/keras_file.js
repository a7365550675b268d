// Keras's files: HDF5 (.h5, .weights.h5), alone or stored in a zip (.keras). h5wasm, 4 MB, comes with the first one, and
// reads the file where it lies.
import { Failure } from "../shared/failure.js";
import { Pieces } from "./pieces.js";

/** @typedef {import("./wasm.js").PoolModule} PoolModule */
/** @typedef {{path: string, shape: number[], dataset: {value: unknown}}} Found */

const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const ZIP = [0x50, 0x4b, 3, 4];
/** What the optimiser remembers is no weight. */
const NOT_WEIGHTS = new Set(["optimizer", "optimizer_weights"]);
/** How h5wasm calls halves, floats and doubles. */
const FLOATS = /^[<>]?[efd]$/;
const FOLDER = "/weights";

/** The HDF5 in a file, if it is Keras's. @param {PoolModule} wasm @param {string} name @param {Blob} file @returns {Blob | undefined} */
export function kerasWeights(wasm, name, file) {
  const pieces = new Pieces(name, file);
  const start = pieces.read(0, Math.min(HDF5.length, file.size));
  const startsWith = (/** @type {number[]} */ mark) => mark.every((byte, at) => start[at] === byte);
  if (startsWith(HDF5)) return file;
  const range = startsWith(ZIP) && wasm.storedEntry(pieces, "model.weights.h5");
  return range ? file.slice(range[0], range[1]) : undefined;
}

/** Opens the HDF5 in `file` for as long as `use` needs it.
 * @template T @param {PoolModule} wasm @param {string} name @param {Blob} file @param {Blob} hdf5
 * @param {(opened: import("../pkg/pool.js").OpenedWeights) => T} use @returns {Promise<T>}
 */
export async function openKeras(wasm, name, file, hdf5, use) {
  const { ready, File } = await import("../vendor/h5wasm.js");
  const { FS, activate_throwing_error_handler } = await ready;
  activate_throwing_error_handler(); // what is wrong with a file is thrown, not printed
  const { filesystems } = /** @type {any} */ (FS); // of Emscripten, whose types lack it
  FS.mkdir(FOLDER);
  FS.mount(filesystems.WORKERFS, { blobs: [{ name: "weights.h5", data: hdf5 }] }, FOLDER);
  const found = foundIn(name, () => new File(`${FOLDER}/weights.h5`, "r"));
  const tensors = new wasm.TensorImport(new Pieces(name, file), (/** @type {number} */ at) => floats(found[at].dataset.value));
  for (const { path, shape } of found) tensors.add(path, Uint32Array.from(shape));
  return use(tensors.finish());
}

/** @param {unknown} values */
const floats = (values) => (values instanceof Float32Array ? values : Float32Array.from(/** @type {any} */ (values)));

/** Each tensor by `layer/part`, or `layer/number` in files of Keras 3. @param {string} name @param {() => unknown} open */
function foundIn(name, open) {
  try {
    return [...tensorsIn(open(), "")];
  } catch (error) {
    throw new Failure("weights-invalid", `The weights file “${name}” can't be used (not whole as HDF5: ${Object(error).message}). Copy or download it again.`, name);
  }
}

/** @param {any} group of h5wasm, whose types do not tell groups from data sets @param {string} path @returns {Generator<Found>} */
function* tensorsIn(group, path) {
  const layer = group.attrs?.name?.value ?? path;
  for (const key of group.keys()) {
    if (NOT_WEIGHTS.has(key)) continue;
    const entry = group.get(key);
    if (entry?.keys) yield* tensorsIn(entry, `${path}/${key}`);
    else if (entry?.shape?.length > 0 && FLOATS.test(entry.dtype)) yield { path: `${layer}/${key}`, shape: entry.shape, dataset: entry };
  }
}
