// Precision, recall and F1 of each class: a table with a bar in each cell, which any of its columns sorts, the weakest class first; and the
// same bars as a picture.

import { fontOf } from "./canvas.js";
import { cssColour, marksOf, swatch } from "./class_colours.js";
import { isSame } from "./drawing.js";
import { byId, cell, colour, element } from "./elements.js";
import { words } from "./language.js";
import { drawMark } from "./map_marks.js";
import { plotFiles } from "./plot_files.js";
import { change, state } from "./state.js";
import { percent } from "./words.js";

/** @typedef {import("./state.js").Report["perClass"][number]} Figures */
/** @typedef {"label" | "precision" | "recall" | "f1" | "support"} Column */

const text = words.per_class;
/** @type {Column[]} */
const COLUMNS = ["label", "precision", "recall", "f1", "support"];
const SHARES = /** @type {const} */ (["precision", "recall", "f1"]);
const collator = new Intl.Collator("en", { numeric: true });

/** @type {Map<Column, HTMLTableCellElement> | undefined} */
let heads;
/** @type {unknown[]} */
let drawn = [];

/** @param {import("./state.js").State} state */
export function drawPerClass({ report, byClass, colours }) {
  const now = [report, byClass, colours];
  if (!report || isSame(now, drawn)) return;
  drawn = now;
  heads ??= makeHeads();
  for (const [column, head] of heads) head.ariaSort = column === byClass.column ? (byClass.isDown ? "descending" : "ascending") : "none";
  byId("per-class-rows", HTMLElement).replaceChildren(...sorted().map(row));
}

/** @returns {Figures[]} */
function sorted() {
  const { column, isDown } = state.byClass;
  const all = [...(state.report?.perClass ?? [])];
  if (column === null) return all;
  const by = (/** @type {Figures} */ a, /** @type {Figures} */ b) => (column === "label" ? collator.compare(a.label, b.label) : a[column] - b[column]);
  return all.sort((a, b) => (isDown ? by(b, a) : by(a, b)));
}

/** @param {Figures} figures */
function row(figures) {
  const { label, support } = figures;
  const name = element("th", { scope: "row", className: "elide", title: label }, swatch(label), " ", label);
  return element("tr", {}, name, ...SHARES.map((share) => bar(figures[share], cssColour(label))), cell(String(support), "number"));
}

/** @param {number} share @param {string} colour */
function bar(share, colour) {
  const fill = element("span", { className: "lane-fill" });
  fill.style.setProperty("--share", String(Number.isFinite(share) ? share : 0));
  fill.style.setProperty("--class", colour);
  return element("td", { className: "number class-figure" }, percent(share), element("span", { className: "lane-track", ariaHidden: "true" }, fill));
}

function makeHeads() {
  const made = new Map(COLUMNS.map((column) => {
    const button = element("button", { type: "button", className: "sort" }, text.columns[column]);
    // The weakest class comes first, the other way round the next time.
    button.addEventListener("click", () => change((s) => (s.byClass = { column, isDown: s.byClass.column === column && !s.byClass.isDown })));
    return [column, element("th", { scope: "col", className: column === "label" ? "" : "number" }, button)];
  }));
  byId("per-class-heads", HTMLElement).replaceChildren(element("tr", {}, ...made.values()));
  const table = byId("per-class", HTMLTableElement);
  table.parentElement?.after(plotFiles({ title: text.title, file: "headstart-by-class", canvases: () => [picture(table)], rows: csvRows }));
  return made;
}

/** In English, for programs. */
const csvRows = () => [["class", "precision", "recall", "f1", "images"], ...sorted().map(({ label, precision, recall, f1, support }) => [label, precision, recall, f1, support])];

/** The bars for the picture that is taken along. @param {HTMLElement} place whose colours and letters it has */
function picture(place) {
  const [name, column, line, scale] = [150, 130, 30, devicePixelRatio];
  const rows = sorted();
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: (name + column * SHARES.length) * scale, height: (rows.length + 1) * line * scale });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.scale(scale, scale);
  context.font = fontOf(place);
  context.textBaseline = "middle";
  const marks = marksOf(place, rows.map(({ label }) => label));
  const [ink, tile] = [colour(place, "--ink"), colour(place, "--tile")];
  context.fillStyle = ink;
  SHARES.forEach((share, at) => context.fillText(text.columns[share], name + at * column, line / 2));
  rows.forEach((figures, at) => {
    const y = (at + 1.5) * line;
    const mark = marks.get(figures.label);
    if (mark) drawMark(context, mark, [8, y], 5);
    context.fillStyle = ink;
    context.fillText(figures.label, 22, y, name - 32);
    SHARES.forEach((share, place) => {
      const x = name + place * column;
      context.fillStyle = ink;
      context.fillText(percent(figures[share]), x, y - 6);
      context.fillStyle = tile;
      context.fillRect(x, y + 4, column - 20, 6);
      context.fillStyle = mark?.fill ?? ink;
      context.fillRect(x, y + 4, (column - 20) * (figures[share] || 0), 6);
    });
  });
  return canvas;
}
