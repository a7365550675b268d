// In place of a confusion matrix that is too large to be drawn or read: what was taken for what, the most frequent first.

import { byId, cell, element, headCell, setText } from "./elements.js";
import { words } from "./language.js";
import { fill, number } from "./words.js";

/** @typedef {import("./state.js").Report} Report */

/** Classes of a matrix that is still drawn: with a thousand there are a million cells. */
const MOST_CLASSES = 100;
/** Rows drawn at most; the CSV has all. */
const SHOWN = 200;

const text = words.mix_ups;

/** True where it took the matrix's place. @param {Report} report */
export function listMixUps({ labels, confusion }) {
  const isLarge = labels.length > MOST_CLASSES;
  byId("matrix", HTMLElement).hidden = isLarge;
  if (!isLarge) return false;
  byId("confusion-canvas", HTMLCanvasElement).width = 0; // no picture to take along
  setText(byId("confusion-hint", HTMLElement), fill(text.hint, { most: MOST_CLASSES, shown: SHOWN }));
  const rows = worst(labels, confusion).map(({ label, answer, count }) => element("tr", {}, headCell(label, "row", "elide"), cell(answer, "elide"), cell(number(count), "number")));
  const { columns } = text;
  const head = element("tr", {}, headCell(columns.trueClass, "col"), headCell(columns.answer, "col"), headCell(columns.images, "col", "number"));
  const caption = element("caption", { className: "visually-hidden" }, text.caption);
  byId("confusion-table", HTMLTableElement).replaceChildren(caption, element("thead", {}, head), element("tbody", {}, ...rows));
  return true;
}

/** @param {string[]} labels @param {number[][]} confusion */
function worst(labels, confusion) {
  const found = [];
  for (const [row, counts] of confusion.entries()) {
    for (const [column, count] of counts.entries()) if (count > 0 && row !== column) found.push({ label: labels[row], answer: labels[column], count });
  }
  return found.sort((a, b) => b.count - a.count).slice(0, SHOWN);
}
