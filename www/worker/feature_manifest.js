// What the `manifest.json` of feature shards may say (docs/features.md): every field is looked at before a shard is. Pure.
import { Failure } from "../shared/failure.js";
import { HEX, checksOf } from "./json_checks.js";

/** What a manifest and each of its shards call themselves. */
export const FORMAT = "headstart-features";
export const VERSION = 1;
export const MANIFEST = "manifest.json";

const MOST_TEXT = 300;
const AGAIN = "Extract the features again.";

/** Whose features they are. @typedef {{name: string, sha256: string, numFeatures: number}} Backbone */
/** `bytes`: null where the manifest does not say. @typedef {{file: string, rows: number, bytes: number | null, sha256: string}} Named */
/** `preprocessing`: as text in which keys have an order. @typedef {{backbone: Backbone, preprocessing: string, labels: string[], shards: Named[]}} Manifest */
/** The network in use, and what the project sees of a picture. @typedef {Backbone & {inputSize: number, preprocessing: number, fit: string}} Network */

/** Nothing is taken in. @param {string} file @param {string} reason @param {string} [cure] */
export const refused = (file, reason, cure = AGAIN) => new Failure("features-refused", `“${file}” can't be taken in (${reason}). ${cure}`, file);

/** @param {string} reason */
const damaged = (reason) => refused(MANIFEST, reason);
const { object, list, text, count: counted } = checksOf(damaged, "a part of it is missing or has another form");

/** Files of any length. @param {unknown} value */
const count = (value) => counted(value, Number.MAX_SAFE_INTEGER);

/** @param {unknown} json @returns {Manifest} */
export function checkedManifest(json) {
  const { format, version, backbone, preprocessing, labels, rows_per_class: perClass, shards } = object(json);
  if (format !== FORMAT || version !== VERSION) throw otherFormat(MANIFEST, format, version);
  const { name, sha256, num_features: numFeatures } = object(backbone);
  const named = list(shards).map(object).map(checkedShard);
  const names = checkedLabels(list(labels).map((label) => text(label)));
  if (perClass !== undefined && list(perClass).length !== names.length) {
    throw damaged(`it names ${names.length} classes and counts the rows of ${perClass.length}`);
  }
  if (new Set(named.map(({ file }) => file)).size !== named.length) throw damaged("it names a shard twice");
  if (named.every(({ rows }) => rows === 0)) throw damaged("it holds no rows");
  return { backbone: { name: text(name), sha256: text(sha256, HEX), numFeatures: count(numFeatures) }, preprocessing: ordered(object(preprocessing)), labels: names, shards: named };
}

/** @param {string} file @param {unknown} format @param {unknown} version */
export function otherFormat(file, format, version) {
  const [is, of] = [format, version].map((value) => String(JSON.stringify(value)).slice(0, MOST_TEXT));
  return refused(file, `it is of format ${is}, version ${of}, and this headstart reads ${FORMAT}, version ${VERSION}`);
}

/** @param {Record<string, any>} shard @returns {Named} */
function checkedShard({ file, rows, bytes = null, sha256 }) {
  const name = text(file);
  if (/[/\\]|^\.{1,2}$/.test(name)) throw damaged(`“${name}” is no name of a file beside it`);
  return { file: name, rows: count(rows), bytes: bytes === null ? null : count(bytes), sha256: text(sha256, HEX) };
}

/** @param {string[]} labels */
function checkedLabels(labels) {
  if (labels.length === 0) throw damaged("it names no classes");
  labels.slice(1).forEach((label, at) => {
    if (isBefore(labels[at], label)) return;
    throw damaged(label === labels[at] ? `it names the class “${label}” twice` : `its classes are out of order at “${label}”`);
  });
  return labels;
}

/** By code point, as the format has it; `<` compares halves of those beyond 0xFFFF. @param {string} one @param {string} other */
function isBefore(one, other) {
  const [left, right] = [one, other].map((label) => Array.from(label, (letter) => letter.codePointAt(0) ?? 0));
  const at = left.findIndex((point, i) => point !== right[i]);
  return at < 0 ? left.length < right.length : left[at] < (right[at] ?? -1);
}

/** Equal for equal values. @param {unknown} value @returns {string} */
export function ordered(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value) ?? "null";
  return `{${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, part]) => `${JSON.stringify(key)}:${ordered(part)}`).join()}}`;
}

/** Features are worth something to the network that they came from alone. @param {Manifest} manifest @param {Network} network */
export function assertOf({ backbone, preprocessing }, network) {
  const { name, sha256, numFeatures } = backbone;
  if (name !== network.name || sha256 !== network.sha256) {
    const [theirs, ours] = [sha256, network.sha256].map((hash) => hash.slice(0, 8));
    throw new Failure("other-backbone", `“${MANIFEST}” holds features of another network: ${name} with weights ${theirs}…, and the one in use is ${network.name} with weights ${ours}…. Use that network, or extract the features by this one.`, MANIFEST);
  }
  if (numFeatures !== network.numFeatures) throw damaged(`its rows have ${numFeatures} numbers, and this network gives ${network.numFeatures}`);
  // Before there was a choice all saw the centre.
  const { version, input_size: inputSize, fit = "crop" } = JSON.parse(preprocessing);
  if (version !== network.preprocessing || inputSize !== network.inputSize) {
    throw damaged(`its pictures were prepared by version ${ordered(version)} at ${ordered(inputSize)} pixels, and this network takes version ${network.preprocessing} at ${network.inputSize}`);
  }
  if (text(fit) !== network.fit) {
    throw refused(MANIFEST, `its pictures were seen as “${fit}”, and this project sees “${network.fit}”`, "Choose the same for the project first.");
  }
}
