// Feature rows and heads by themselves, without a project: their types, and what is refused.
import { Failure } from "./failure.js";
import { textOfFit } from "./image_fit.js";

/** @typedef {import("./image_fit.js").ImageFit} ImageFit */
/** @typedef {import("./protocol.js").Epoch} Epoch */
/** @typedef {import("./protocol.js").Rejected} Rejected */
/** @typedef {import("./protocol.js").Report} Report */

/** What a split needs to know of a picture: copies and near-duplicates stay on one side. @typedef {{name: string, sha256: string, fingerprint: string, width: number, height: number}} Picture */
/** A picture with its row. @typedef {Picture & {features: Float32Array<ArrayBuffer>}} Extracted */

/** `rows f32 [n, numFeatures]`, in the order of `pictures`. `fit`: what of the pictures they are of, as text, where it is not the centre.
 * @typedef {{backbone: string, fit?: string, numFeatures: number, rows: Float32Array<ArrayBuffer>, pictures: Picture[], rejected: Rejected[]}} Features
 */

/** `augment`, `views` and `fold` need more than rows: `Trainer` has them.
 * @typedef {Partial<Omit<import("./protocol.js").FitOptions, "augment" | "views" | "fold">>} HeadOptions
 */

/** `file`: safetensors, as `trainer.export("safetensors")` gives it. `report`: of the kept epoch, on the validation pictures.
 * @typedef {{file: Uint8Array<ArrayBuffer>, labels: string[], epochs: Epoch[], bestEpoch: number, report: Report}} Head
 */

/** @param {string} backbone @param {(Extracted | Rejected)[]} results @param {ImageFit} [fit] @returns {Features} */
export function joinRows(backbone, results, fit = "crop") {
  const extracted = results.filter((one) => "features" in one);
  const rejected = results.filter((one) => "reason" in one);
  const numFeatures = extracted[0]?.features.length ?? 0;
  const rows = new Float32Array(extracted.length * numFeatures);
  extracted.forEach(({ features }, i) => rows.set(features, i * numFeatures));
  return { backbone, ...(fit !== "crop" && { fit: textOfFit(fit) }), numFeatures, rows, pictures: extracted.map(({ features, ...picture }) => picture), rejected };
}

/** Row `i`. @param {Features} features @param {number} i */
export const rowOf = ({ rows, numFeatures }, i) => rows.slice(i * numFeatures, (i + 1) * numFeatures);

/** Says no to what could only train nonsense. @param {Features} features @param {string[]} labels @param {HeadOptions} options */
export function checkFit({ rows, numFeatures, pictures }, labels, options) {
  const found = `${labels.length} labels, ${pictures.length} pictures and ${rows.length} numbers of ${numFeatures} a row`;
  if (labels.length !== pictures.length || rows.length !== pictures.length * numFeatures) {
    throw new Failure("wrong-rows", `These do not belong together: ${found}. Give one label for each of features.pictures, in their order.`);
  }
  const empty = labels.findIndex((label) => typeof label !== "string" || label === "");
  if (empty >= 0) throw new Failure("no-class", `“${pictures[empty].name}” has no label. Give each picture the name of its class.`, pictures[empty].name);
  for (const name of ["augment", "views", "fold"]) {
    if (Object.hasOwn(options, name)) throw new Failure("wrong-option", `fitHead can't do “${name}”: it needs more than feature rows. Use Trainer for it.`);
  }
}
