// Which plots can be taken along, and what their numbers are. What has no table of its own gets one for screen readers here.

import { fontOf } from "./canvas.js";
import { coverageCurve } from "./coverage.js";
import { byId, cell, colour, element, scroller } from "./elements.js";
import { insideNow } from "./lab/runs.js";
import { words } from "./language.js";
import { plotFiles } from "./plot_files.js";
import { imagesById, state } from "./state.js";
import { counted, percent, percentRange } from "./words.js";

/** The heads of the columns are English, for programs. @typedef {(string | number)[][]} Rows */

const text = words.downloads;

/** @type {HTMLTableSectionElement | undefined} */
let projectionRows;
/** @type {unknown} */
let drawn = null;

/** Buttons below each plot that index.html and looking_back.js have; curves.js has its own. */
export function wireDownloads() {
  offer("matrix", text.confusion, "confusion-matrix", confusionRows);
  offer("reliability-canvas", text.reliability, "reliability", reliabilityRows);
  offer("coverage-canvas", text.coverage, "coverage", coverageRows);
  offer("layer-bars", text.layers, "batchnorm-layers", layerRows);
  offer("projection", text.features, "features", featureRows);
  offer("lab-curves", text.runs, "batchnorm-runs", runRows);
  const list = byId("learning-list", HTMLElement);
  list.after(plotFiles({ title: text.learning, file: "headstart-learning-curve", canvases: () => [bars(list)], rows: learningRows }));
  projectionRows = element("tbody");
  byId("projection", HTMLElement).parentElement?.append(projectionTable(projectionRows));
}

/** @param {string} id of a canvas, or of what holds some @param {string} title @param {string} name @param {() => Rows} rows */
function offer(id, title, name, rows) {
  const place = byId(id, HTMLElement);
  const canvases = () => (place instanceof HTMLCanvasElement ? [place] : [...place.querySelectorAll("canvas")]);
  const holder = place instanceof HTMLCanvasElement ? (place.parentElement ?? place) : place;
  holder.after(plotFiles({ title, file: `headstart-${name}`, canvases, rows }));
}

/** @param {import("./state.js").State} state */
export function drawDownloads({ lab: { inside } }) {
  if (!projectionRows || !inside || inside === drawn) return;
  drawn = inside;
  const rows = featureRows().slice(1).map(([name, ...places]) => element("tr", {}, cell(String(name), "elide"), ...places.map((place) => cell(Number(place).toFixed(2), "number"))));
  projectionRows.replaceChildren(...rows);
}

/** @returns {Rows} */
function confusionRows() {
  const { labels, confusion } = state.report ?? { labels: [], confusion: [] };
  return [["true class", ...labels], ...confusion.map((counts, at) => [labels[at], ...counts])];
}

/** @returns {Rows} */
function reliabilityRows() {
  const bins = state.report?.calibration.after.bins.filter(({ count }) => count > 0) ?? [];
  return [["said", "right", "images"], ...bins.map(({ confidence, accuracy, count }) => [confidence, accuracy, count])];
}

/** @returns {Rows} */
function coverageRows() {
  const curve = coverageCurve(state.report?.images ?? []);
  return [["threshold", "coverage", "accuracy", "answered"], ...curve.map(({ threshold, coverage, accuracy, answered }) => [threshold, coverage, accuracy, answered])];
}

/** @returns {Rows} */
function learningRows() {
  return [["images", "accuracy", "from", "to"], ...(state.learning ?? []).map(({ images, accuracy, interval }) => [images, accuracy, ...interval])];
}

/** @returns {Rows} */
function layerRows() {
  return [["layer", "distance"], ...(insideNow()?.layers ?? []).map(({ layer, distance }) => [layer, distance])];
}

/** @returns {Rows} */
function featureRows() {
  const { images, stored, batch } = insideNow()?.projection ?? { images: [], stored: [], batch: [] };
  const known = imagesById(state);
  return [["image", "stored x", "stored y", "batch x", "batch y"], ...images.map((id, at) => [known.get(id)?.name ?? id, ...stored[at], ...batch[at]])];
}

/** @returns {Rows} */
function runRows() {
  const rows = state.lab.runs.flatMap(({ name, history }) => history.map(({ epoch, loss, accuracy, valLoss, valAccuracy }) => [name, epoch, loss, accuracy, valLoss, valAccuracy]));
  return [["run", "epoch", "loss", "accuracy", "val_loss", "val_accuracy"], ...rows];
}

/** @param {HTMLTableSectionElement} body */
function projectionTable(body) {
  const caption = element("caption", { className: "visually-hidden" }, text.caption);
  const { image, storedX, storedY, batchX, batchY } = text.columns;
  const head = element("tr", {}, ...[image, storedX, storedY, batchX, batchY].map((name, at) => element("th", { scope: "col", className: at === 0 ? "" : "number" }, name)));
  return element("details", { className: "fold" }, element("summary", {}, text.asTable), scroller(text.region, element("table", {}, caption, element("thead", {}, head), body)));
}

/** The bars of the learning curve as a picture; on the page they are a list. @param {HTMLElement} list */
function bars(list) {
  const [width, row, scale] = [420, 40, devicePixelRatio];
  const canvas = document.createElement("canvas");
  const points = state.learning ?? [];
  Object.assign(canvas, { width: width * scale, height: Math.max(1, points.length) * row * scale });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.scale(scale, scale);
  context.font = fontOf(list);
  context.textBaseline = "top";
  points.forEach(({ images, accuracy, interval }, at) => {
    context.fillStyle = colour(list, "--ink");
    context.fillText(counted(images, text.bar, { accuracy: percent(accuracy), range: percentRange(interval) }), 0, at * row);
    context.fillStyle = colour(list, "--tile");
    context.fillRect(0, at * row + 18, width, 8);
    context.fillStyle = colour(list, "--accent");
    context.fillRect(0, at * row + 18, width * accuracy, 8);
  });
  return canvas;
}
