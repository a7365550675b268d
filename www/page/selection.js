// Images that are chosen together: a bar says how many, and moves or removes them. And the way back from each change.

import { ask } from "./dialogs.js";
import { history, moveImages, takeOut } from "./edits.js";
import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { change, imagesById, scheduleDraw, state } from "./state.js";
import { counted } from "./words.js";

/** @typedef {import("./state.js").Image} Image */

const text = words.selection;
/** What a drag of images carries. */
export const DRAGGED = "application/x-headstart-images";

/** @type {ReturnType<typeof makeParts> | undefined} */
let parts;
/** @type {Set<number> | null} */
let drawn = null;

/** @returns {Image[]} */
export function chosen() {
  if (state.selected.size === 0) return [];
  const images = imagesById(state);
  return [...state.selected].flatMap((id) => images.get(id) ?? []);
}

/** @param {Iterable<number>} ids */
export const choose = (ids) => change((s) => (s.selected = new Set(ids)));

/** @param {number} id */
export function toggle(id) {
  const ids = new Set(state.selected);
  if (!ids.delete(id)) ids.add(id);
  choose(ids);
}

/** Marks a tile as chosen or not. @param {HTMLElement} tile @param {number} id */
export const markChosen = (tile, id) => (tile.ariaSelected = String(state.selected.has(id)));

/** Moves the chosen images, or this one where it is not among them. @param {Image | undefined} image @param {string} label */
export async function moveWith(image, label) {
  const images = image && !state.selected.has(image.id) ? [image] : chosen();
  if (state.job || images.length === 0) return;
  await moveImages(images, label);
  choose([]);
}

/** The same, out of the page. @param {Image} image */
export async function removeWith(image) {
  if (state.job) return;
  await takeOut(state.selected.has(image.id) ? chosen() : [image]);
  choose([]);
}

/** The class of this number, counted from 1. @param {number} number */
export const classOfNumber = (number) => [...state.classes.keys()][number - 1];

export function wireSelection() {
  parts = makeParts();
  const gallery = byId("gallery", HTMLElement);
  gallery.before(parts.edits);
  gallery.after(parts.bar);
  document.addEventListener("keydown", (event) => {
    const isText = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    if (isText || document.querySelector("dialog[open]")) return;
    const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (isUndo) event.preventDefault();
    if (isUndo) step(event.shiftKey);
    else if (event.key === "Escape" && state.selected.size > 0) choose([]);
  });
}

/** @param {boolean} forward */
function step(forward) {
  if (state.job || state.waiting > 0) return;
  (forward ? history.redo() : history.undo()).finally(scheduleDraw);
}

/** @param {import("./state.js").State} state */
export function drawSelection({ selected, job, waiting, classes }) {
  if (!parts) return;
  const { edits, undo, redo, last, bar, count, target } = parts;
  edits.hidden = !history.last;
  const isBusy = job !== null || waiting > 0;
  undo.disabled = isBusy || !history.undoes;
  redo.disabled = isBusy || !history.redoes;
  undo.title = history.undoes ?? "";
  redo.title = history.redoes ?? "";
  setText(last, history.last);
  const images = chosen();
  // Ids of images that went may be given again.
  if (images.length < selected.size) choose(images.map(({ id }) => id));
  const appears = bar.hidden && images.length > 0;
  bar.hidden = images.length === 0;
  byId("gallery", HTMLElement).classList.toggle("choosing", images.length > 0);
  // It may cover what has the focus.
  if (appears && byId("gallery", HTMLElement).contains(document.activeElement)) document.activeElement?.scrollIntoView({ block: "nearest" });
  setText(count, images.length > 0 ? counted(images.length, text.chosen) : "");
  for (const button of bar.querySelectorAll("button")) button.disabled = isBusy && button !== parts.clear;
  drawTargets(target, [...classes.keys()]);
  if (selected === drawn) return;
  drawn = selected;
  for (const tile of byId("gallery", HTMLElement).querySelectorAll("li[data-image]")) {
    if (tile instanceof HTMLElement) markChosen(tile, Number(tile.dataset.image));
  }
}

/** @param {HTMLSelectElement} target @param {string[]} labels */
function drawTargets(target, labels) {
  const now = [...target.options].slice(0, -1).map(({ value }) => value);
  if (now.length === labels.length && target.options.length > 0 && labels.every((label, at) => label === now[at])) return;
  const before = target.value;
  const names = labels.map((label, at) => element("option", { value: label }, at < 9 ? `${at + 1}  ${label}` : label));
  target.replaceChildren(...names, element("option", { value: "" }, text.newClass));
  if (labels.includes(before)) target.value = before;
}

async function moveToTarget() {
  const label = parts?.target.value || (await ask({ title: text.newClassTitle, text: text.newClassText, yes: text.move, input: "" }))?.normalize("NFC");
  if (label) await moveWith(undefined, label);
}

async function removeChosen() {
  const [first] = chosen();
  byId("images-heading", HTMLElement).focus();
  if (first) await removeWith(first);
}

function makeParts() {
  const button = (/** @type {string} */ name, /** @type {() => void} */ onClick, className = "button small") => {
    const made = element("button", { type: "button", className }, name);
    made.addEventListener("click", onClick);
    return made;
  };
  const [undo, redo] = [button(text.undo, () => step(false)), button(text.redo, () => step(true))];
  undo.ariaKeyShortcuts = "Control+Z";
  redo.ariaKeyShortcuts = "Control+Shift+Z";
  const last = element("p", { className: "hint wrap", role: "status" });
  const edits = element("div", { className: "edits", hidden: true }, undo, redo, last);
  const count = element("p", { className: "chosen-count", role: "status" });
  const target = element("select", { ariaLabel: text.target });
  const move = button(text.move, () => void moveToTarget(), "button small primary");
  const remove = button(text.remove, () => void removeChosen(), "button small danger");
  const clear = button(text.clear, () => choose([]), "button small quiet");
  const hint = element("p", { className: "hint" }, text.hint);
  const bar = element("div", { className: "chosen", role: "group", ariaLabel: text.bar, hidden: true }, count, clear, target, move, remove, hint);
  return { edits, undo, redo, last, bar, count, target, clear };
}
