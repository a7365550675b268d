// A table of names and labels beside the images: CSV, with commas, semicolons or tabs, quoted as RFC 4180 has it. Its labels win
// over folders. Says how far the table and the files fit together.

import { words } from "./language.js";
import { commas, counted, fill, sentences } from "./words.js";

/** @typedef {{file: File, path: string}} Located */
/** `told`: for the person. @typedef {{labelOf: (path: string) => string | undefined, told: string[]}} Labels */

const text = words.labels_csv;
/** Heads of the columns, the surest first. */
const NAMES = ["name", "file", "filename", "file name", "image", "image name", "img", "path", "filepath", "photo", "picture", "id"];
const LABELS = ["label", "class", "classname", "class name", "category", "target", "species"];
/** Examples in a sentence. */
const EXAMPLES = 3;
/** Above that it is no table of names. */
const MAX_BYTES = 32 * 1024 * 1024;

/** @param {File} file */
export const isTable = (file) => /\.(csv|tsv)$/i.test(file.name);

/** What the tables among the files say of the others. @param {Located[]} located @returns {Promise<Labels>} */
export async function labelsFrom(located) {
  const tables = located.filter(({ file }) => isTable(file));
  const images = located.filter(({ file }) => !isTable(file));
  /** @type {Map<string, string>} */
  const all = new Map();
  const told = [];
  for (const { file } of tables) {
    const { labels, twice } = file.size <= MAX_BYTES ? await read(file) : { labels: new Map(), twice: [] };
    labels.forEach((label, name) => all.set(name, label));
    told.push(wordsFor(file.name, labels, twice, images.map(({ path }) => path)));
  }
  return { labelOf: (path) => found(all, path), told: told.filter(Boolean) };
}

/** @param {File} file @returns {Promise<{labels: Map<string, string>, twice: string[]}>} labels by name; names with several */
async function read(file) {
  const { dsvFormat } = await import("../vendor/d3-dsv.js");
  const table = (await file.text()).replace(/^\uFEFF/, "");
  const rows = dsvFormat(delimiterOf(table)).parseRows(table).map((row) => row.map((value) => value.trim().normalize("NFC")));
  const { name, label, hasHead } = columns(rows[0] ?? []);
  const labels = new Map();
  const twice = new Set();
  for (const row of rows.slice(hasHead ? 1 : 0)) {
    const key = keyOf(row[name] ?? "");
    if (!key || !row[label]) continue;
    if (labels.has(key) && labels.get(key) !== row[label]) twice.add(row[name]);
    labels.set(key, row[label]);
  }
  return { labels, twice: [...twice] };
}

/** The one that the first line has most of. @param {string} table */
function delimiterOf(table) {
  const [line] = table.replace(/"[^"]*"/g, "").split(/\r?\n/, 1);
  const count = (/** @type {string} */ mark) => line.split(mark).length;
  return [",", ";", "\t"].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

/** By the names in the first row, where it has such; else the first two. @param {string[]} head */
function columns(head) {
  const names = head.map((value) => value.toLowerCase().replaceAll("_", " "));
  const first = (/** @type {string[]} */ known) => names.indexOf(known.find((value) => names.includes(value)) ?? "no such");
  const [name, label] = [first(NAMES), first(LABELS)];
  if (name < 0 && label < 0) return { name: 0, label: 1, hasHead: false };
  const other = (/** @type {number} */ taken) => (taken === 0 ? 1 : 0);
  return { name: name < 0 ? other(label) : name, label: label < 0 ? other(name) : label, hasHead: true };
}

/** How names are compared. @param {string} path */
const keyOf = (path) => path.normalize("NFC").replaceAll("\\", "/").replace(/^(\.?\/)+/, "").toLowerCase();

/** By its path, the end of its path or its name, with or without its ending. @param {Map<string, string>} labels @param {string} path */
function found(labels, path) {
  const parts = keyOf(path).split("/");
  for (let from = 0; from < parts.length; from++) {
    const end = parts.slice(from).join("/");
    const label = labels.get(end) ?? labels.get(end.replace(/\.[^.]+$/, ""));
    if (label !== undefined) return label;
  }
  return undefined;
}

/** @param {string} table @param {Map<string, string>} labels @param {string[]} twice @param {string[]} paths */
function wordsFor(table, labels, twice, paths) {
  if (labels.size === 0) return "";
  if (paths.length === 0) return fill(text.noImages, { table });
  const named = paths.filter((path) => found(labels, path) !== undefined);
  if (named.length === 0) {
    const ours = paths.map((path) => path.split("/").at(-1) ?? path);
    return fill(text.noneNamed, { table, names: examples([...labels.keys()]), images: examples(ours) });
  }
  const rest = paths.length - named.length;
  const used = fill(text.used, { images: counted(named.length, words.nouns.image), table });
  const others = rest > 0 ? fill(text.others, { images: counted(rest, words.nouns.image) }) : "";
  const conflicts = twice.length > 0 ? fill(text.conflicts, { names: examples(twice) }) : "";
  return sentences(used, others, conflicts);
}

/** @param {string[]} all */
function examples(all) {
  const names = commas(all.slice(0, EXAMPLES).map((name) => fill(text.quoted, { name })));
  return all.length > EXAMPLES ? fill(text.andMore, { names }) : names;
}
