// What a caller may give as a picture, and how it becomes an item with name and class.

import { textOfFit } from "../shared/image_fit.js";

/** @typedef {import("../shared/image_fit.js").ImageFit} ImageFit */
/** @typedef {import("../shared/protocol.js").Item} Item */
/** @typedef {import("../shared/protocol.js").Rejected} Rejected */

/** A picture to add. Its class is the call's `label`, else its own, else the folder that the file came from; the same holds for `fit`.
 * @typedef {Blob
 *         | {file: Blob, name?: string, label?: string, fit?: ImageFit}
 *         | {bytes: Uint8Array | ArrayBuffer, name: string, label?: string, fit?: ImageFit}} Source
 */

/** @param {Source} source @param {string} [label] of all @param {string} [fit] of all @returns {Item} its label is empty where it has none */
export function itemFrom(source, label, fit) {
  const item = namedFrom(source, label);
  const own = fit ?? ("fit" in source && source.fit ? textOfFit(source.fit) : undefined);
  return own === undefined ? item : { ...item, fit: own };
}

/** @param {Source} source @param {string} [label] @returns {Item} */
function namedFrom(source, label) {
  if (source instanceof Blob) return { name: nameOf(source), label: label ?? folderOf(source), file: source };
  if ("bytes" in source) {
    const file = new Blob([/** @type {BlobPart} */ (source.bytes)]);
    return { name: source.name, label: label ?? source.label ?? "", file };
  }
  const { file, name = nameOf(file) } = source;
  return { name, label: label ?? source.label ?? folderOf(file), file };
}

/** A file's own name. @param {Blob} file */
export const nameOf = (file) => ("name" in file ? String(file.name) : "image");

/** The folder that a chosen file lies in. @param {Blob} file */
function folderOf(file) {
  const path = "webkitRelativePath" in file ? String(file.webkitRelativePath) : "";
  return path.split("/").at(-2) ?? "";
}

/** What is said of a picture without a class. @param {string} name @returns {Rejected} */
export function withoutClass(name) {
  const reason = `“${name}” belongs to no class. Put it into a folder named after its class, or add it to a class.`;
  return { name, reason, code: "no-class" };
}

/** Files of weights as the worker takes them. @param {Iterable<File>} [files] */
export const weightsFiles = (files) => files && Array.from(files, (file) => ({ name: file.name, file }));
