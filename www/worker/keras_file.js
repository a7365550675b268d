// Keras's files: HDF5 (.h5, .weights.h5), alone or stored in a zip (.keras). h5wasm, 4 MB, comes with the first one.
import { Failure } from "../shared/failure.js";

/** @typedef {{path: string, shape: Uint32Array, values: Float32Array}} Tensor */

const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** What the optimiser remembers is no weight. */
const NOT_WEIGHTS = new Set(["optimizer", "optimizer_weights"]);

/** The HDF5 in a file, if it is Keras's. @param {Uint8Array} bytes @returns {Uint8Array | undefined} */
export function kerasWeights(bytes) {
  const isHdf5 = HDF5.every((byte, at) => bytes[at] === byte);
  return isHdf5 ? bytes : storedEntry(bytes, "model.weights.h5");
}

/** An entry of a zip that is not compressed. @param {Uint8Array} bytes @param {string} wanted @returns {Uint8Array | undefined} */
function storedEntry(bytes, wanted) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 22 || view.getUint32(0, true) !== 0x04034b50) return undefined;
  let end = bytes.length - 22;
  while (end > 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1;
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0 && at + 46 <= bytes.length; left -= 1) {
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (name === wanted && view.getUint16(at + 10, true) === 0) {
      const local = view.getUint32(at + 42, true);
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      return bytes.subarray(start, start + view.getUint32(at + 20, true));
    }
    at += 46 + nameLength + extra + comment;
  }
  return undefined;
}

/** Each tensor by `layer/part`, or `layer/number` in files of Keras 3.
 * @param {string} name @param {Uint8Array} bytes @returns {AsyncGenerator<Tensor>}
 */
export async function* tensorsOf(name, bytes) {
  const { ready, File } = await import("../vendor/h5wasm.js");
  const { FS, activate_throwing_error_handler } = await ready;
  activate_throwing_error_handler(); // what is wrong with a file is thrown, not printed
  const path = "/weights.h5";
  FS.writeFile(path, bytes);
  try {
    const file = new File(path, "r");
    yield* tensorsIn(file, "");
    file.close();
  } catch (error) {
    throw new Failure("weights-invalid", `The weights file “${name}” can't be used (not whole as HDF5: ${Object(error).message}). Copy or download it again.`, name);
  } finally {
    FS.unlink(path);
  }
}

/** @param {any} group of h5wasm, whose types do not tell groups from data sets @param {string} path @returns {Generator<Tensor>} */
function* tensorsIn(group, path) {
  const layer = group.attrs?.name?.value ?? path;
  for (const key of group.keys()) {
    if (NOT_WEIGHTS.has(key)) continue;
    const entry = group.get(key);
    if (entry?.keys) yield* tensorsIn(entry, `${path}/${key}`);
    else if (entry?.shape?.length > 0 && ArrayBuffer.isView(entry.value)) {
      const values = entry.value;
      yield { path: `${layer}/${key}`, shape: Uint32Array.from(entry.shape), values: values instanceof Float32Array ? values : Float32Array.from(/** @type {any} */ (values)) };
    }
  }
}
