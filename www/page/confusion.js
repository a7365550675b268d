// The confusion matrix on a canvas (rows: the true class, columns: the head's answer, colour: share of the row), and
// the same numbers as a table.

import { FONT, fontOf, repaint, sized } from "./canvas.js";
import { byId, cell, colour, element, headCell, setText } from "./elements.js";
import { words } from "./language.js";
import { counted, fill, number, percent } from "./words.js";

/** @typedef {import("./state.js").Report} Report */
/** @typedef {{side: number, left: number, top: number, size: number}} Layout `size`: width and height of the grid, px */

const text = words.confusion;
/** @type {Report | null} */
let drawn = null;
let isWired = false;

/** @param {import("./state.js").State} state */
export function drawConfusion({ report }) {
  if (!report || report === drawn) return;
  drawn = report;
  if (!isWired) wire();
  isWired = true;
  paint(report);
  fillTable(report);
  explain(report, null);
}

function wire() {
  const canvas = byId("confusion-canvas", HTMLCanvasElement);
  repaint(byId("matrix", HTMLElement), () => drawn && paint(drawn));
  canvas.addEventListener("pointermove", (event) => {
    if (!drawn) return;
    const { left, top, side } = layout(drawn.labels, canvas);
    const column = Math.floor((event.offsetX - left) / side);
    const row = Math.floor((event.offsetY - top) / side);
    explain(drawn, drawn.confusion[row]?.[column] === undefined ? null : [row, column]);
  });
  canvas.addEventListener("pointerleave", () => drawn && explain(drawn, null));
}

/** Says what the cell under the pointer counts. @param {Report} report @param {[number, number] | null} at */
function explain({ labels, confusion }, at) {
  const hint = byId("confusion-hint", HTMLElement);
  if (!at) return setText(hint, text.hint);
  const [row, column] = at;
  const count = confusion[row][column];
  const of = confusion[row].reduce((sum, value) => sum + value, 0);
  const values = { count, images: counted(of, words.nouns.image), label: labels[row], answer: labels[column], share: percent(count / Math.max(1, of)) };
  setText(hint, fill(row === column ? text.right : text.wrong, values));
}

/** @param {string[]} labels @param {HTMLCanvasElement} canvas @returns {Layout} */
function layout(labels, canvas) {
  const width = byId("matrix", HTMLElement).clientWidth;
  const context = canvas.getContext("2d");
  if (context) context.font = fontOf(canvas);
  const widest = Math.max(0, ...labels.map((label) => context?.measureText(label).width ?? 0));
  const left = Math.ceil(Math.min(widest, width * 0.3)) + 10;
  const side = Math.max(24, Math.min(64, Math.floor((width - left - 1) / labels.length)));
  // Names lie flat above the columns where they fit, else they stand.
  const top = widest <= side - 6 ? FONT + 12 : Math.ceil(Math.min(widest, 110)) + 12;
  return { side, left, top, size: side * labels.length };
}

/** @param {Report} report */
function paint({ labels, confusion, accuracy }) {
  const canvas = byId("confusion-canvas", HTMLCanvasElement);
  const { side, left, top, size } = layout(labels, canvas);
  const context = sized(canvas, left + size + 1, top + size + 1);
  if (!context) return;
  canvas.ariaLabel = fill(text.picture, { classes: counted(labels.length, words.nouns.class), accuracy: percent(accuracy) });
  const ink = { text: colour(canvas, "--ink"), paper: colour(canvas, "--on-accent"), empty: colour(canvas, "--tile") };
  const [right, wrong] = [colour(canvas, "--accent"), colour(canvas, "--miss")];
  paintNames(context, labels, { side, left, top, size }, ink.text);
  confusion.forEach((counts, row) => {
    const of = Math.max(1, counts.reduce((sum, value) => sum + value, 0));
    counts.forEach((count, column) => {
      const box = { x: left + column * side, y: top + row * side, side };
      paintCell(context, box, count, count / of, row === column ? right : wrong, ink);
    });
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number, y: number, side: number}} box
 * @param {number} count
 * @param {number} share of the row
 * @param {string} fill
 * @param {{text: string, paper: string, empty: string}} ink
 */
function paintCell(context, { x, y, side }, count, share, fill, ink) {
  const gap = side > 30 ? 2 : 1;
  context.beginPath();
  context.roundRect(x, y, side - gap, side - gap, side > 30 ? 4 : 2);
  context.fillStyle = ink.empty;
  context.fill();
  if (count === 0) return;
  const strength = 0.1 + 0.9 * share;
  context.globalAlpha = strength;
  context.fillStyle = fill;
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = strength > 0.55 ? ink.paper : ink.text;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(count), x + (side - gap) / 2, y + (side - gap) / 2 + 1, side - gap - 2);
}

/** @param {CanvasRenderingContext2D} context @param {string[]} labels @param {Layout} layout @param {string} ink */
function paintNames(context, labels, { side, left, top }, ink) {
  context.fillStyle = ink;
  context.textBaseline = "middle";
  labels.forEach((label, at) => {
    const middle = (at + 0.5) * side - 1;
    context.textAlign = "right";
    context.fillText(elided(context, label, left - 10), left - 8, top + middle);
    context.save();
    context.translate(left + middle, top - 8);
    const isFlat = top === FONT + 12;
    if (!isFlat) context.rotate(-Math.PI / 2);
    context.textAlign = isFlat ? "center" : "left";
    context.fillText(elided(context, label, isFlat ? side : top - 12), 0, 0);
    context.restore();
  });
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} width */
function elided(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > width) letters.pop();
  return `${letters.join("")}…`;
}

/** @param {Report} report */
function fillTable({ labels, confusion }) {
  const caption = element("caption", { className: "visually-hidden" }, text.caption);
  const corner = element("th", { scope: "col" }, text.trueClass);
  const head = element("tr", {}, corner, ...labels.map((label) => headCell(label, "col", "number elide")));
  const rows = confusion.map((counts, row) =>
    element("tr", {}, headCell(labels[row], "row", "elide"), ...counts.map((count, at) => cell(number(count), at === row ? "number right" : "number"))));
  const table = byId("confusion-table", HTMLTableElement);
  table.replaceChildren(caption, element("thead", {}, head), element("tbody", {}, ...rows));
}
