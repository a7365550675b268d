// What a person changes among the images and classes, each with its way back. An image that left comes back under another id, so
// edits hold what it was made from instead.

import { addItems, itemOfImage } from "./adding.js";
import { relabelImages, removeImages, renameClass } from "./changing.js";
import { setColour } from "./class_colours.js";
import { History } from "./history.js";
import { words } from "./language.js";
import { report } from "./problems.js";
import { currentTrainer } from "./session.js";
import { change, classNamed, imagesById, state } from "./state.js";
import { counted, fill } from "./words.js";

/** @typedef {import("./state.js").Image} Image */
/** What stays of an image. @typedef {import("./files.js").Item | {id: number}} Root */

const text = words.edits;

/** Files that the page takes over at once: it needs a third of a millisecond for each, and answers nobody meanwhile. */
const TAKEN_AT_ONCE = 64;

export const history = new History();

/** Of images that only the trainer has. @type {Map<number, {id: number}>} */
const rootsById = new Map();

/** For another set of images. */
export function forgetEdits() {
  history.clear();
  rootsById.clear();
}

/** @param {Image} image @returns {Root} */
export function rootOf({ id }) {
  const known = itemOfImage(id) ?? rootsById.get(id);
  if (known) return known;
  const made = { id };
  rootsById.set(id, made);
  return made;
}

/** Those that are here now. @param {Iterable<Root>} roots */
export function imagesOf(roots) {
  const wanted = new Set(roots);
  return [...imagesById(state).values()].filter((image) => wanted.has(rootOf(image)));
}

/** The classes in this order again, those that are new behind. @param {string[]} order */
function putInOrder(order) {
  change((s) => {
    const place = (/** @type {string} */ label) => (order.includes(label) ? order.indexOf(label) : order.length);
    s.classes = new Map([...s.classes].sort(([a], [b]) => place(a) - place(b)));
  });
}

/** @param {Image[]} images @param {string} label */
export async function moveImages(images, label) {
  const moving = images.filter((image) => image.label !== label);
  if (moving.length === 0) return;
  const before = byLabel(moving);
  const order = [...state.classes.keys()];
  const done = fill(text.moved, { images: counted(moving.length, words.nouns.image), label });
  await history.perform({ words: done, redo: () => relabelImages(imagesOf([...before.values()].flat()), label), undo: () => backTo(before, order) });
}

/** @param {Image[]} images @returns {Map<string, Root[]>} */
function byLabel(images) {
  const labels = [...new Set(images.map((image) => image.label))];
  return new Map(labels.map((label) => [label, images.filter((image) => image.label === label).map(rootOf)]));
}

/** @param {Map<string, Root[]>} before @param {string[]} order */
async function backTo(before, order) {
  for (const [label, roots] of before) if (!(await relabelImages(imagesOf(roots), label))) return false;
  putInOrder(order);
  return true;
}

/** @param {Image[]} images @param {string} [done] */
export async function takeOut(images, done = fill(text.removed, { images: counted(images.length, words.nouns.image) })) {
  await takeFiles(images);
  const roots = images.map(rootOf);
  const order = [...state.classes.keys()];
  await history.perform({ words: done, redo: () => removeImages(imagesOf(roots)), undo: () => addAgain(roots, order) });
}

/** Gives images of a kept project their files, which they go with. @param {Image[]} images */
async function takeFiles(images) {
  const trainer = currentTrainer();
  if (!trainer) return;
  const lacking = images.filter((image) => !("file" in rootOf(image)));
  for (let at = 0; at < lacking.length; at += TAKEN_AT_ONCE) {
    const some = lacking.slice(at, at + TAKEN_AT_ONCE);
    const files = await trainer.projects.files(some.map(({ id }) => id)).catch(() => []); // then they can't come back, which undo says
    some.forEach((image, of) => {
      const [{ name, label, fit }, file] = [image, files[of]];
      if (file) Object.assign(rootOf(image), { file: new File([file], name, { type: file.type }), name, label, fit });
    });
  }
}

/** Their features are computed again; each finds the side that it had. @param {Root[]} roots @param {string[]} order */
async function addAgain(roots, order) {
  const items = roots.flatMap((root) => ("file" in root ? [root] : []));
  const lost = roots.length - items.length;
  if (lost > 0) report("undo", fill(text.lost, { images: counted(lost, words.nouns.image) }));
  addItems(items, performance.now());
  putInOrder(order);
  return items.length > 0;
}

/** @param {string} label */
export async function removeClass(label) {
  const images = state.classes.get(label)?.images ?? [];
  if (images.length > 0) return takeOut(images, fill(text.removedClass, { label }));
  const order = [...state.classes.keys()];
  const redo = async () => change((s) => s.classes.delete(label)) ?? true;
  const undo = async () => {
    change((s) => classNamed(s, label));
    putInOrder(order);
    return true;
  };
  await history.perform({ words: fill(text.removedClass, { label }), redo, undo });
}

/** Renames a class, or merges it into the one that has the name. @param {string} from @param {string} to */
export async function giveName(from, to) {
  const redo = () => renameClass(from, to);
  if (!state.classes.has(to)) return history.perform({ words: fill(text.renamed, { from, to }), redo, undo: () => renameClass(to, from) });
  const before = byLabel(state.classes.get(from)?.images ?? []);
  const order = [...state.classes.keys()];
  await history.perform({ words: fill(text.merged, { from, to }), redo, undo: () => backTo(before, order) });
}

/** @param {string} label @param {string | null} colour the usual one where there is none */
export async function giveColour(label, colour) {
  const before = state.colours.get(label) ?? null;
  if (colour === before) return;
  const setTo = (/** @type {string | null} */ next) => async () => {
    setColour(label, next);
    return true;
  };
  await history.perform({ words: fill(colour ? text.coloured : text.uncoloured, { label }), redo: setTo(colour), undo: setTo(before) });
}
