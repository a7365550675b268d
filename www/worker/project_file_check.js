// What a project file may say: every field is looked at before anything is taken in. Pure.
import { damaged } from "./archive.js";
import { COLOUR } from "./colours.js";
import { HEX, checksOf } from "./json_checks.js";

/** @typedef {import("../shared/protocol.js").KeptFit} KeptFit */
/** @typedef {import("../shared/kept.js").ClassColour} ClassColour */
/** `numFeatures`: 0 where the image has no row.
 * @typedef {{
 *   id: number, name: string, label: string, sha256: string, fingerprint: string | null, looksLike: number | null,
 *   width: number, height: number, unusualDecoder: boolean, numFeatures: number, fit?: string,
 * }} FileImage
 */
/** @typedef {{
 *   name: string, weights: string, preprocessing: number, policy: string, nextId: number,
 *   images: FileImage[], saved: string | null, ofHead: {saved: string, fit: KeptFit | null} | null, colours?: ClassColour[],
 * }} ProjectFile
 */
/** @typedef {{parts: {path: string, bytes: number, sha256: string}[]}} Manifest */

/** Of the format: the second has images that show something else than their centre. */
export const VERSIONS = [1, 2];
const { object, list, text, count } = checksOf(damaged, "its list has another form");
const EPOCH_KEYS = ["epoch", "loss", "accuracy", "valLoss", "valAccuracy", "learningRate", "seconds"];

/** @param {unknown} json @returns {Manifest} */
export function checkedManifest(json) {
  const { format, version, parts } = object(json);
  if (format !== "headstart-project") throw damaged("it is no project of headstart");
  if (!VERSIONS.includes(version)) throw damaged(`it has version ${Number(version)} of the format, and this headstart reads 1 and 2; use a newer one`);
  const checked = list(parts).map(object).map(({ path, bytes, sha256 }) => ({ path: text(path), bytes: count(bytes, 0xffffffff), sha256: text(sha256, HEX) }));
  if (new Set(checked.map(({ path }) => path)).size !== checked.length) throw damaged("its manifest names a part twice");
  return { parts: checked };
}

/** @param {unknown} json @returns {ProjectFile} */
export function checkedProject(json) {
  const { name, weights, preprocessing, policy, nextId, images, saved, ofHead, colours } = object(json);
  const checked = list(images).map(object).map(checkedImage);
  const ids = new Set(checked.map(({ id }) => id));
  if (ids.size !== checked.length || checked.some(({ id }) => id >= nextId)) throw damaged("two of its images have one number");
  return {
    name: text(name), weights: text(weights, HEX), preprocessing: count(preprocessing), policy: text(policy), nextId: count(nextId),
    images: checked, saved: saved === null ? null : checkedSaved(saved), ofHead: ofHead === null ? null : checkedOfHead(object(ofHead)),
    ...(colours !== undefined && { colours: list(colours).map(checkedColour) }),
  };
}

/** @param {unknown} pair @returns {ClassColour} */
function checkedColour(pair) {
  const [label, colour] = list(pair);
  return [text(label), text(colour, COLOUR)];
}

/** @param {Record<string, any>} image @returns {FileImage} */
function checkedImage({ id, name, label, sha256, fingerprint, looksLike, width, height, unusualDecoder, numFeatures, fit }) {
  const numbers = { id: count(id), width: count(width), height: count(height), numFeatures: count(numFeatures, 0xffff) };
  if (typeof name !== "string" || name.length > 0xffff) throw damaged("a name in it can't be right");
  const alike = { fingerprint: fingerprint === null ? null : text(fingerprint, HEX), looksLike: looksLike === null ? null : count(looksLike) };
  return { ...numbers, ...alike, name, label: text(label), sha256: text(sha256, HEX), unusualDecoder: unusualDecoder === true, ...(fit !== undefined && { fit: checkedFitOf(fit) }) };
}

/** Other than the centre. @param {unknown} fit @returns {string} */
function checkedFitOf(fit) {
  const checked = text(fit, /^(pad|region:\d+(\.\d+)?(,\d+(\.\d+)?){3})$/);
  const [left, top, width, height] = checked === "pad" ? [0, 0, 1, 1] : checked.slice("region:".length).split(",").map(Number);
  if (!(width >= 0.01 && height >= 0.01 && left + width <= 1.00005 && top + height <= 1.00005)) throw damaged("a part of an image in it lies outside");
  return checked;
}

/** What the core wrote; it reads it with the same care. @param {unknown} saved @returns {string} */
function checkedSaved(saved) {
  try {
    object(JSON.parse(String(saved)));
    return String(saved);
  } catch {
    throw damaged("what it remembers of the split can't be read");
  }
}

/** @param {Record<string, any>} ofHead */
function checkedOfHead({ saved, fit }) {
  return { saved: checkedSaved(saved), fit: fit === null ? null : checkedFit(object(fit)) };
}

/** Text, a number, a switch, or a few of them: a schedule, an augmentation, widths. @param {unknown} value @param {number} depth @returns {boolean} */
function isOption(value, depth = 0) {
  if (["string", "number", "boolean"].includes(typeof value)) return true;
  return depth < 2 && typeof value === "object" && value !== null && Object.values(value).every((part) => isOption(part, depth + 1));
}

/** @param {Record<string, any>} fit @returns {KeptFit} */
function checkedFit({ options, history }) {
  if (!Object.values(object(options)).every((value) => isOption(value))) throw damaged("the options of its training can't be right");
  const epochs = list(history).map(object);
  if (!epochs.every((epoch) => EPOCH_KEYS.every((key) => Number.isFinite(epoch[key])))) throw damaged("the history of its training can't be right");
  return /** @type {KeptFit} */ ({ options, history: epochs });
}
