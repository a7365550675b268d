// From a drop or a file input to a list of files with their classes. The class of a file is the folder that it lies
// in, unless a table of labels says another one. A zip counts as the folders in it. Does not look into the files: whether something is an image is for the trainer to say.

import { featureSets } from "./feature_sets.js";
import { isTable, labelsFrom } from "./labels_csv.js";
import { words } from "./language.js";
import { isModel } from "./model_file.js";
import { isNoise } from "./noise.js";
import { isZip, unzipped } from "./zip.js";

/** Files that are looked at before the page may answer. */
const PORTION = 500;
/** Files that are opened at once: so many answers may come in one go. */
const OPENED = 64;
/** Handles that are let go of every so many milliseconds. */
const [LET_GO, LET_GO_MS] = [20, 100];

/** @typedef {{file: File, label: string, name: string, fit?: import("../shared/image_fit.js").ImageFit}} Item */
/** @typedef {import("../shared/protocol.js").Rejected} Rejected */
/** `loose`: files without a folder. `passed`: what was passed over, and why. `told`: what tables of labels did. `model`: one that was exported here. `features`: manifests with
 * their shards.
 * @typedef {{items: Item[], loose: File[], passed: Rejected[], told: string[], features: File[][], model?: File}} Found
 */

/**
 * The files of a folder input. A path looks like `caltech7/bonsai/image_0001.jpg`.
 * @param {Iterable<File>} files
 * @returns {Promise<Found>}
 */
export function fromInput(files) {
  return sorted([...files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

/**
 * The files of a drop, folders read through. The browser empties `transfer` after the event, so call it at once.
 * @param {DataTransfer} transfer
 * @returns {Promise<Found>}
 */
export async function fromDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null).filter((entry) => entry !== null);
  if (entries.length === 0) return fromInput(transfer.files);
  /** @type {Located[]} */
  const located = [];
  for (const entry of entries) await walk(entry, located);
  return sorted(located);
}

/** The files of a folder that was opened for reading; one that is gone by then is passed over. @param {FileSystemDirectoryHandle} folder @returns {Promise<Found>} */
export async function fromFolder(folder) {
  /** @type {Promise<Located | Rejected>[]} */
  const opening = [];
  /** @type {FileSystemHandle[]} */
  const handles = [];
  await openAll(folder, folder.name, opening, handles);
  letGo(handles);
  const all = await Promise.all(opening);
  const found = await sorted(all.filter((one) => "file" in one));
  found.passed.push(...all.filter((one) => "code" in one));
  return found;
}

/** A file opens in a call of its own to the browser, so many are asked for at once.
 * @param {FileSystemDirectoryHandle} folder @param {string} path @param {Promise<Located | Rejected>[]} opening @param {FileSystemHandle[]} handles all that were seen
 */
async function openAll(folder, path, opening, handles) {
  for await (const child of folder.values()) {
    const childPath = `${path}/${child.name}`;
    handles.push(child);
    if (isNoise(child.name)) continue;
    if (child.kind === "directory") await openAll(/** @type {FileSystemDirectoryHandle} */ (child), childPath, opening, handles);
    else opening.push(opened(/** @type {FileSystemFileHandle} */ (child), childPath));
    if (opening.length % OPENED === 0) await opening.at(-1);
  }
}

/** Each is a connection that ends when the garbage is collected; ten thousand at once held the page up for a quarter of a second. @param {FileSystemHandle[]} handles */
function letGo(handles) {
  const timer = setInterval(() => {
    handles.splice(-LET_GO);
    if (handles.length === 0) clearInterval(timer);
  }, LET_GO_MS);
}

/** @param {FileSystemFileHandle} handle @param {string} path @returns {Promise<Located | Rejected>} */
const opened = (handle, path) => handle.getFile().then(
  (file) => ({ file, path }),
  () => ({ name: path, reason: words.files.gone, code: "unreadable" }),
);

/** @typedef {{file: File, path: string}} Located */

/** @param {FileSystemEntry} entry @param {Located[]} located */
async function walk(entry, located) {
  if (isNoise(entry.name)) return;
  if (isFile(entry)) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    located.push({ file, path: entry.fullPath.replace(/^\//, "") });
  } else if (isFolder(entry)) {
    const reader = entry.createReader();
    for (let batch = await readEntries(reader); batch.length > 0; batch = await readEntries(reader)) {
      for (const child of batch) await walk(child, located);
    }
  }
}

/** @param {FileSystemEntry} entry @returns {entry is FileSystemFileEntry} */
const isFile = (entry) => entry.isFile;

/** @param {FileSystemEntry} entry @returns {entry is FileSystemDirectoryEntry} */
const isFolder = (entry) => entry.isDirectory;

/** Gives at most 100 entries a call, none at the end. @param {FileSystemDirectoryReader} reader @returns {Promise<FileSystemEntry[]>} */
const readEntries = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));

/** @param {string} name */
const isNote = (name) => /^(readme|licen[cs]e|notice)|\.(md|txt|rst|json|ya?ml|csv|tsv|html?|log|ini)$/i.test(name);

/** @param {Located[]} all @returns {Promise<Found>} */
async function sorted(all) {
  const { sets: features, others: chosen } = await featureSets(all);
  /** @type {Found} */
  const found = { items: [], loose: [], passed: [], told: [], features };
  if (chosen.length === 1 && (await isModel(chosen[0].file))) return { ...found, model: chosen[0].file };
  const located = chosen.filter(({ file }) => !isZip(file));
  for (const { file } of chosen.filter(({ file }) => isZip(file))) {
    const zip = await unzipped(file);
    for (const one of zip.located) located.push(one);
    found.passed.push(...zip.rejected);
  }
  const withSubfolders = new Set(located.map(({ path }) => path.split("/")).filter((p) => p.length > 2).map(([root]) => root));
  const { labelOf, told } = await labelsFrom(located.filter(({ path }) => !path.split("/").some(isNoise)));
  found.told = told;
  let looked = 0;
  for (const { file, path } of located.filter(({ file }) => !isTable(file))) {
    if (++looked % PORTION === 0) await nextTask();
    const parts = path.split("/");
    const named = labelOf(path);
    const label = named ?? parts.at(-2)?.normalize("NFC");
    if (parts.slice(parts.length > 1 ? 1 : 0).some(isNoise)) continue;
    if (label === undefined) found.loose.push(file);
    else if (!named && parts.length === 2 && withSubfolders.has(parts[0]) && !file.type.startsWith("image/")) {
      // Beside the class folders, so in no class. A README needs no mention.
      if (!isNote(file.name)) found.passed.push({ name: path, reason: words.files.beside, code: "skipped" });
    } else found.items.push({ file, label, name: file.name });
  }
  found.items = await inOrder(found.items);
  return found;
}

/** By class, then by name. All in one sort would hold the page up for a fifth of a second with ten thousand. @param {Item[]} items */
async function inOrder(items) {
  /** @type {Map<string, Item[]>} */
  const classes = new Map();
  for (const item of items) {
    const others = classes.get(item.label);
    if (others) others.push(item);
    else classes.set(item.label, [item]);
  }
  /** @type {Item[]} */
  const ordered = [];
  for (const label of [...classes.keys()].sort(byName)) {
    const before = ordered.length;
    for (const item of (classes.get(label) ?? []).sort((a, b) => byName(a.name, b.name))) ordered.push(item);
    if (Math.floor(before / PORTION) < Math.floor(ordered.length / PORTION)) await nextTask();
  }
  return ordered;
}

const nextTask = () => new Promise((resolve) => setTimeout(resolve));

const collator = new Intl.Collator("en", { numeric: true });
const byName = collator.compare;
