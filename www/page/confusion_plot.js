// The confusion matrix on its canvas: rows are the true class, columns the head's answer, the colour is the share of the row. Each class
// has its mark beside its name. Knows no report but what it is given.

import { FONT, fontOf, sized } from "./canvas.js";
import { marksOf } from "./class_colours.js";
import { colour } from "./elements.js";
import { drawMark } from "./map_marks.js";
import { percent } from "./words.js";

/** `current`: the cell that the keys are at, or that is open. @typedef {{labels: string[], confusion: number[][], isRates: boolean, current: [number, number] | null}} Matrix */
/** @typedef {{side: number, left: number, top: number, size: number}} Layout `size`: width and height of the grid, px */

/** Room for a class's mark between its name and the cells. */
const MARK = 16;

/** @param {number[]} counts */
export const sumOf = (counts) => counts.reduce((sum, count) => sum + count, 0);

/** @param {string[]} labels @param {HTMLCanvasElement} canvas @param {HTMLElement} place @returns {Layout} */
function layout(labels, canvas, place) {
  const width = place.clientWidth;
  const context = canvas.getContext("2d");
  if (context) context.font = fontOf(canvas);
  const widest = Math.max(0, ...labels.map((label) => context?.measureText(label).width ?? 0));
  const left = Math.ceil(Math.min(widest, width * 0.3)) + 10 + MARK;
  const side = Math.max(24, Math.min(64, Math.floor((width - left - 1) / labels.length)));
  // Names lie flat above the columns where they fit, else they stand.
  const top = (widest <= side - 6 ? FONT : Math.ceil(Math.min(widest, 110))) + 12 + MARK;
  return { side, left, top, size: side * labels.length };
}

/** The cell at a place of the canvas. @param {string[]} labels @param {HTMLCanvasElement} canvas @param {HTMLElement} place @param {{offsetX: number, offsetY: number}} event @returns {[number, number] | null} */
export function cellAt(labels, canvas, place, { offsetX, offsetY }) {
  const { left, top, side } = layout(labels, canvas, place);
  const [row, column] = [Math.floor((offsetY - top) / side), Math.floor((offsetX - left) / side)];
  const isInside = [row, column].every((at) => at >= 0 && at < labels.length);
  return isInside ? [row, column] : null;
}

/** @param {HTMLCanvasElement} canvas @param {HTMLElement} place @param {Matrix} matrix */
export function paintMatrix(canvas, place, { labels, confusion, isRates, current }) {
  const shape = layout(labels, canvas, place);
  const { side, left, top, size } = shape;
  const context = sized(canvas, left + size + 1, top + size + 1);
  if (!context) return;
  const ink = { text: colour(canvas, "--ink"), paper: colour(canvas, "--on-accent"), empty: colour(canvas, "--tile") };
  const [right, wrong] = [colour(canvas, "--accent"), colour(canvas, "--miss")];
  paintNames(context, labels, shape, ink.text);
  confusion.forEach((counts, row) => {
    const of = Math.max(1, sumOf(counts));
    counts.forEach((count, column) => {
      const box = { x: left + column * side, y: top + row * side, side };
      paintCell(context, box, { share: count / of, words: wordsOf(count, of, isRates, side) }, row === column ? right : wrong, ink);
    });
  });
  if (!current) return;
  context.strokeStyle = ink.text;
  context.lineWidth = 2;
  context.strokeRect(left + current[1] * side - 1, top + current[0] * side - 1, side, side);
}

/** In a small cell the number of per cent alone. @param {number} count @param {number} of @param {boolean} isRates @param {number} side */
function wordsOf(count, of, isRates, side) {
  if (count === 0) return "";
  if (!isRates) return String(count);
  return side >= 48 ? percent(count / of) : String(Math.round((100 * count) / of));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number, y: number, side: number}} box
 * @param {{share: number, words: string}} value share of the row
 * @param {string} fill
 * @param {{text: string, paper: string, empty: string}} ink
 */
function paintCell(context, { x, y, side }, { share, words }, fill, ink) {
  const gap = side > 30 ? 2 : 1;
  context.beginPath();
  context.roundRect(x, y, side - gap, side - gap, side > 30 ? 4 : 2);
  context.fillStyle = ink.empty;
  context.fill();
  if (words === "") return;
  const strength = 0.1 + 0.9 * share;
  context.globalAlpha = strength;
  context.fillStyle = fill;
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = strength > 0.55 ? ink.paper : ink.text;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(words, x + (side - gap) / 2, y + (side - gap) / 2 + 1, side - gap - 2);
}

/** @param {CanvasRenderingContext2D} context @param {string[]} labels @param {Layout} layout @param {string} ink */
function paintNames(context, labels, { side, left, top }, ink) {
  const marks = marksOf(context.canvas, labels);
  labels.forEach((label, at) => {
    const middle = (at + 0.5) * side - 1;
    const mark = marks.get(label);
    if (mark) drawMark(context, mark, [left - 12, top + middle], 4.5);
    if (mark) drawMark(context, mark, [left + middle, top - 12], 4.5);
    context.fillStyle = ink;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.fillText(elided(context, label, left - 10 - MARK), left - 8 - MARK, top + middle);
    context.save();
    context.translate(left + middle, top - 8 - MARK);
    const isFlat = top === FONT + 12 + MARK;
    if (!isFlat) context.rotate(-Math.PI / 2);
    context.textAlign = isFlat ? "center" : "left";
    context.fillText(elided(context, label, isFlat ? side : top - 12 - MARK), 0, 0);
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
