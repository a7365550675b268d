// Takes in feature rows that were extracted elsewhere, as images without pictures: a sample where they are many.
import { enter } from "./adding.js";
import { readFeatures } from "./feature_files.js";

/** @typedef {import("../shared/feature_files.js").AddFeatures} AddFeatures */
/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */
/** @typedef {import("./session.js").Session} Session */

/** Such an image has no file, and no thumbnail. */
const NO_PICTURE = { width: 0, height: 0, jpeg: new Uint8Array(), unusualDecoder: false };
const NO_FILE = new Blob();

/** Tells each row as an image. What is refused changes nothing. @param {Session} session @param {AddFeatures} command @param {Call} call */
export async function addFeatures(session, { files, most, seed }, { signal, emit }) {
  const onBytes = (/** @type {number} */ done, /** @type {number} */ total) => emit({ type: "bytes", done, total });
  const network = await networkOf(session);
  const { rows, of } = await readFeatures(files, network, { most, seed, signal, onBytes });
  emit({ type: "rows", done: rows.length, total: of });
  for (const { name, label, ...row } of rows) {
    signal.throwIfAborted();
    emit(await enter(session, { at: 0, name, label, blob: NO_FILE, fit: network.fit, isOver: false }, { ...NO_PICTURE, ...row }));
  }
  return { rows: rows.length, of };
}

/** Weights that a user brought go by their own hash. @param {Session} session @returns {Promise<import("./feature_manifest.js").Network>} */
async function networkOf({ crew, info, sha256, project }) {
  const { numFeatures, inputSize, preprocessing, ...spec } = await crew.spec;
  const { project: fit } = await project.fits.all();
  return { name: info.backbone, sha256: sha256 ?? spec.sha256, numFeatures, inputSize, preprocessing, fit };
}
