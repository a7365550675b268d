// The confusion matrix: as counts or as shares of each true class, cell by cell under the pointer or by the arrow keys; a press on a cell,
// or Enter, shows the images that it counts. The same numbers stand in a table.

import { mostFrequent } from "./baseline.js";
import { repaint } from "./canvas.js";
import { cellAt, paintMatrix, sumOf } from "./confusion_plot.js";
import { isSame } from "./drawing.js";
import { byId, cell, element, headCell, setText } from "./elements.js";
import { words } from "./language.js";
import { loaded } from "./loaded.js";
import { listMixUps } from "./mix_ups.js";
import { change, state } from "./state.js";
import { counted, fill, number, percent } from "./words.js";

/** @typedef {import("./state.js").Report} Report */
/** Row and column. @typedef {[number, number]} Cell */

const text = words.confusion;
/** @type {Record<string, Cell>} */
const WAYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** @type {Report | null} */
let drawn = null;
/** What else it is drawn with. @type {unknown[]} */
let drawnWith = [];
/** @type {Cell | null} */
let current = null;
/** @type {ReturnType<typeof makeParts> | undefined} */
let parts;

const matrixOf = (/** @type {Report} */ { labels, confusion }) => ({ labels, confusion, isRates: state.rates, current });

/** @param {import("./state.js").State} state */
export function drawConfusion(state) {
  const { report, rates, colours } = state;
  if (!report || (report === drawn && isSame([rates, colours], drawnWith))) return;
  parts ??= makeParts();
  if (report !== drawn) {
    current = null;
    parts.images.replaceChildren();
    setText(parts.baseline, fill(text.baseline, { ...mostFrequent(state), share: percent(mostFrequent(state).share) }));
  }
  [drawn, drawnWith] = [report, [rates, colours]];
  if (listMixUps(report)) return;
  parts.canvas.ariaLabel = fill(text.picture, { classes: counted(report.labels.length, words.nouns.class), accuracy: percent(report.accuracy) });
  paint();
  fillTable(report, rates);
  explain(current);
}

function paint() {
  if (drawn && parts) paintMatrix(parts.canvas, parts.place, matrixOf(drawn));
}

/** What a cell counts, in a sentence. @param {Report} report @param {Cell} at */
function wordsOf({ labels, confusion }, [row, column]) {
  const count = confusion[row][column];
  const of = sumOf(confusion[row]);
  const values = { count, images: counted(of, words.nouns.image), label: labels[row], answer: labels[column], share: percent(count / Math.max(1, of)) };
  return fill(row === column ? text.right : text.wrong, values);
}

/** @param {Cell | null} at */
function explain(at) {
  if (drawn) setText(byId("confusion-hint", HTMLElement), at ? wordsOf(drawn, at) : text.hint);
}

/** @param {Cell | null} at @param {boolean} isTold aloud */
function goTo(at, isTold) {
  current = at;
  paint();
  explain(at);
  if (at && drawn && parts && isTold) setText(parts.told, wordsOf(drawn, at));
}

/** @param {Cell} at */
function open(at) {
  goTo(at, false);
  const [report, holder] = [drawn, parts?.images];
  if (!report || !holder) return;
  const [label, predicted] = at.map((place) => report.labels[place]);
  const wanted = { words: wordsOf(report, at), label, predicted, isEmpty: report.confusion[at[0]][at[1]] === 0 };
  void loaded(() => import("./confusion_images.js"), ({ showCell }) => showCell(holder, report, wanted, () => parts?.place.focus()));
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (!drawn || event.ctrlKey || event.metaKey || event.altKey) return;
  const last = drawn.labels.length - 1;
  const way = WAYS[event.key];
  if (way) {
    const [row, column] = current ?? [-way[0], -way[1]];
    goTo([Math.min(last, Math.max(0, row + way[0])), Math.min(last, Math.max(0, column + way[1]))], true);
  } else if ((event.key === "Enter" || event.key === " ") && current) {
    open(current);
  } else if (event.key === "Escape" && current) {
    goTo(null, false);
  } else {
    return;
  }
  event.preventDefault();
}

function makeParts() {
  const [canvas, place] = [byId("confusion-canvas", HTMLCanvasElement), byId("matrix", HTMLElement)];
  const told = element("p", { className: "visually-hidden", role: "status" });
  const images = element("div", { className: "cell-images" });
  images.dataset.testid = "confusion-images";
  const baseline = element("p", { className: "hint" });
  Object.assign(place, { tabIndex: 0, role: "application", ariaLabel: text.keys });
  const under = (/** @type {PointerEvent | MouseEvent} */ event) => drawn && cellAt(drawn.labels, canvas, place, event);
  canvas.addEventListener("pointermove", (event) => {
    const at = under(event);
    canvas.classList.toggle("on-cell", at !== null);
    explain(at);
  });
  canvas.addEventListener("pointerleave", () => explain(current));
  canvas.addEventListener("click", (event) => {
    const at = under(event);
    if (at) open(at);
  });
  place.addEventListener("keydown", onKey);
  repaint(place, paint);
  byId("confusion-hint", HTMLElement).before(choice());
  place.before(baseline);
  place.after(told, images);
  return { canvas, place, told, images, baseline };
}

/** Counts or rates. */
function choice() {
  const one = (/** @type {string} */ name, /** @type {boolean} */ isRates) => {
    const input = element("input", { type: "radio", name: "confusion-unit", checked: state.rates === isRates });
    input.addEventListener("change", () => change((s) => (s.rates = isRates)));
    return element("label", { className: "segment" }, input, element("span", {}, name));
  };
  return element("fieldset", { className: "segments" }, element("legend", { className: "visually-hidden" }, text.unit), one(text.counts, false), one(text.rates, true));
}

/** @param {Report} report @param {boolean} isRates */
function fillTable({ labels, confusion }, isRates) {
  const caption = element("caption", { className: "visually-hidden" }, text.caption);
  const corner = element("th", { scope: "col" }, text.trueClass);
  const head = element("tr", {}, corner, ...labels.map((label) => headCell(label, "col", "number elide")));
  const rows = confusion.map((counts, row) => {
    const figures = counts.map((count) => (isRates ? percent(count / Math.max(1, sumOf(counts))) : number(count)));
    return element("tr", {}, headCell(labels[row], "row", "elide"), ...figures.map((figure, at) => cell(figure, at === row ? "number right" : "number")));
  });
  const table = byId("confusion-table", HTMLTableElement);
  table.replaceChildren(caption, element("thead", {}, head), element("tbody", {}, ...rows));
}
