// Heads on feature rows alone, by an engine that has no project; in a worker as in Node.
import { Failure } from "../shared/failure.js";
import { rowOf } from "../shared/rows.js";

/** @typedef {import("../pkg/engine.js").Engine} Engine */
/** @typedef {import("../shared/protocol.js").Epoch} Epoch */
/** @typedef {import("../shared/rows.js").Features} Features */

/** @param {Engine} engine a fresh one @param {Features} features @param {string[]} labels
 * @param {import("../shared/protocol.js").FitOptions} options @param {(epoch: Epoch) => Promise<boolean>} onEpoch false stops
 * @returns {Promise<import("../shared/rows.js").Head>}
 */
export async function fitRows(engine, features, labels, options, onEpoch) {
  engine.setBackbone(features.backbone);
  engine.setFit(features.fit ?? "crop");
  features.pictures.forEach(({ name, sha256, fingerprint }, i) => {
    engine.restoreImage({ id: i + 1, name, label: labels[i], sha256, fingerprint, fit: features.fit ?? "crop" }, rowOf(features, i));
  });
  /** @type {Epoch[]} */
  const epochs = [];
  const { bestEpoch } = await engine.fit(options, (/** @type {Epoch} */ epoch) => {
    epochs.push(epoch);
    return onEpoch(epoch);
  });
  const report = await engine.evaluate();
  const file = /** @type {Uint8Array<ArrayBuffer>} */ (engine.headFile());
  return { file, labels: report.labels, epochs, bestEpoch, report };
}

/** Classes of each row, best first. @param {Engine} engine a fresh one @param {Uint8Array} file the head's @param {Features} features
 * @returns {Promise<import("../shared/protocol.js").Prediction[][]>}
 */
export async function predictRows(engine, file, features) {
  engine.setBackbone(features.backbone);
  const { fit } = engine.openHead("head.safetensors", file); // refuses another backbone's
  const found = features.fit ?? "crop";
  if (found !== fit) throw new Failure("wrong-rows", `The head was trained to see “${fit}” of images, and these rows are of “${found}”. Extract them by the head's fit.`);
  const ranked = [];
  for (let i = 0; i < features.pictures.length; i++) ranked.push(await engine.predict(rowOf(features, i)));
  return ranked;
}
