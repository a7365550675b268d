// What of a picture the backbone sees: the centre, the whole between bars, or a part. Between threads, in files and in the
// database it is a text, that of src/image/fit.rs. Pure.

/** A part of an upright picture, in shares of its sides, from its left upper corner. @typedef {{left: number, top: number, width: number, height: number}} Region */
/** @typedef {"crop" | "pad" | Region} ImageFit */
/** What images take when they come, unless their class has another. @typedef {{fit: ImageFit, classes: Record<string, ImageFit>}} Fits */
/** The same as texts. @typedef {{project: string, classes: Record<string, string>}} ToldFits */

/** `pixels u8 [side, side, 3]`: exactly what goes into the backbone. `shown`: which part of the picture that is.
 * @typedef {{pixels: Uint8Array, side: number, shown: Region}} Seen
 */

/** `setFit`: of `ids`, else of the class, else of the project; without `existing` of images to come alone. `seen`: of an image or of a file, by another fit where one is given.
 * @typedef {{type: "setFit", fit: string, label?: string, ids?: number[], existing: boolean}
 *         | {type: "fits"}
 *         | {type: "seen", picture: import("./insight.js").Picture, fit?: string}} FitCommand
 */
/** @typedef {{setFit: void, fits: ToldFits, seen: Seen}} FitResults */

const PARTS = 1e4;

/** @param {ImageFit} fit @returns {string} */
export function textOfFit(fit) {
  if (typeof fit === "string") return fit;
  const { left, top, width, height } = Object(fit);
  const [x, y, w, h] = [left, top, width, height].map((share) => Math.round(share * PARTS));
  const inside = (/** @type {number} */ start, /** @type {number} */ length) => (start + length === PARTS + 1 ? length - 1 : length); // both were rounded up
  return `region:${[x, y, inside(x, w), inside(y, h)].map((parts) => parts / PARTS).join(",")}`;
}

/** The part of a picture that a fit shows, where the centre has so much of the short side. @param {ImageFit} fit @param {{width: number, height: number}} picture @param {number} cropPct @returns {Region} */
export function shownBy(fit, { width, height }, cropPct) {
  if (fit === "pad") return { left: 0, top: 0, width: 1, height: 1 };
  if (fit !== "crop") return fit;
  const [w, h] = [width, height].map((side) => (Math.min(width, height) / side) * cropPct);
  return { left: (1 - w) / 2, top: (1 - h) / 2, width: w, height: h };
}

/** @param {string} [text] missing where it is the centre @returns {ImageFit} */
export function fitOfText(text = "crop") {
  if (text === "crop" || text === "pad") return text;
  const [left, top, width, height] = text.slice("region:".length).split(",").map(Number);
  return { left, top, width, height };
}
