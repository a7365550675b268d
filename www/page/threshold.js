// "None of these": below a probability the page gives no answer. It is chosen on a plot of accuracy against coverage, by a slider
// or a press on the curve, and kept with the project for heads of the same classes.

import { inks, repaint, sized } from "./canvas.js";
import { coverageCurve, pointAt } from "./coverage.js";
import { byId, cell, colour, element, scroller, setText } from "./elements.js";
import { words } from "./language.js";
import { currentTrainer, showFailure } from "./session.js";
import { change, state } from "./state.js";
import { counted, fill, percent, wholePercent } from "./words.js";

/** @typedef {import("./coverage.js").Point} Point */
/** @typedef {import("./state.js").Report} Report */

const told = words.threshold;
const SIDE = 240;
const [LEFT, BOTTOM, TOP] = [44, 34, 10];
/** Thresholds in the table. */
const ROWS = [0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];
/** A slider passes many values on its way. */
const SETTLED_MS = 300;

/** @type {ReturnType<typeof makePart> | undefined} */
let parts;
/** @type {Report | null} */
let drawn = null;
let drawnThreshold = -1;
/** @type {Point[]} */
let curve = [];
let isUnsaved = false;
let timer = 0;

/** What is answered: the likeliest class, or nothing below the threshold. @param {{label: string, probability: number}[]} ranked */
export const isNone = (ranked) => ranked.length > 0 && ranked[0].probability < state.threshold;

/** Shown where no answer is sure enough. */
export const NONE = told.none;

export function wireThreshold() {
  parts = makePart();
  byId("learning-start", HTMLElement).parentElement?.before(parts.root);
  parts.slider.addEventListener("input", () => parts && choose(Number(parts.slider.value) / 100));
  parts.canvas.addEventListener("pointerdown", ({ offsetX }) => {
    const coverage = (offsetX - LEFT) / SIDE;
    const nearest = curve.reduce((best, point) => (Math.abs(point.coverage - coverage) < Math.abs(best.coverage - coverage) ? point : best), curve[0]);
    if (nearest) choose(nearest.coverage === 1 ? 0 : Math.floor(nearest.threshold * 100) / 100);
  });
  repaint(byId("matrix", HTMLElement), () => drawn && paint());
}

/** @param {number} threshold */
function choose(threshold) {
  change((s) => (s.threshold = threshold));
  isUnsaved = true;
  clearTimeout(timer);
  timer = setTimeout(keepThreshold, SETTLED_MS);
}

/** Keeps what was chosen with the project, once no job holds it. */
export function keepThreshold() {
  const trainer = currentTrainer();
  if (!isUnsaved || !trainer || state.job) return;
  isUnsaved = false;
  // Where it can't be kept, in another tab's project, it holds until the page is closed.
  trainer.projects.setThreshold(state.threshold).catch((error) => error.code === "read-only" || showFailure(error));
}

/** Of a project that was opened. @param {number} threshold */
export function showThreshold(threshold) {
  isUnsaved = false;
  drawn = null;
  change((s) => (s.threshold = threshold));
}

/** @param {import("./state.js").State} state */
export function drawThreshold({ report, threshold }) {
  if (!parts || !report || (report === drawn && threshold === drawnThreshold)) return;
  if (report !== drawn) {
    const isOther = drawn !== null && JSON.stringify(report.labels) !== JSON.stringify(drawn.labels);
    drawn = report;
    curve = coverageCurve(report.images);
    fillTable();
    if (isOther) change((s) => (s.threshold = threshold = 0));
  }
  drawnThreshold = threshold;
  parts.slider.value = String(Math.round(threshold * 100));
  parts.slider.ariaValueText = threshold === 0 ? told.off : percent(threshold);
  setText(parts.value, threshold === 0 ? told.off : fill(told.below, { threshold: percent(threshold) }));
  setText(parts.words, wordsFor(report, threshold));
  paint();
}

/** @param {Report} report @param {number} threshold */
function wordsFor({ images, accuracy }, threshold) {
  if (threshold === 0) return told.always;
  const point = pointAt(curve, threshold);
  if (!point) return fill(told.nothing, { threshold: percent(threshold) });
  const count = counted(images.length, words.nouns.validationImage);
  return fill(told.answers, { threshold: percent(threshold), images: count, coverage: percent(point.coverage), accuracy: percent(point.accuracy), always: percent(accuracy) });
}

function paint() {
  if (!parts || !drawn) return;
  const { canvas } = parts;
  const context = sized(canvas, LEFT + SIDE + 8, TOP + SIDE + BOTTOM);
  if (!context || curve.length === 0) return;
  canvas.ariaLabel = told.picture;
  const ink = inks(canvas);
  const low = Math.min(0.9, Math.floor(Math.min(...curve.map((point) => point.accuracy)) * 10) / 10);
  const x = (/** @type {number} */ coverage) => LEFT + coverage * SIDE;
  const y = (/** @type {number} */ accuracy) => TOP + SIDE * (1 - (accuracy - low) / (1 - low));
  paintAxes(context, ink, low, y);
  context.strokeStyle = colour(canvas, "--accent");
  context.lineWidth = 2;
  context.beginPath();
  curve.forEach(({ coverage, accuracy }) => context.lineTo(x(coverage), y(accuracy)));
  context.stroke();
  const point = state.threshold === 0 ? curve[curve.length - 1] : pointAt(curve, state.threshold);
  if (!point) return;
  context.fillStyle = ink.text;
  context.beginPath();
  context.arc(x(point.coverage), y(point.accuracy), 5, 0, 2 * Math.PI);
  context.fill();
}

/** @param {CanvasRenderingContext2D} context @param {ReturnType<typeof inks>} ink @param {number} low @param {(accuracy: number) => number} y */
function paintAxes(context, { muted, line }, low, y) {
  context.lineWidth = 1;
  context.strokeStyle = line;
  context.fillStyle = muted;
  for (const share of [low, (low + 1) / 2, 1]) {
    context.beginPath();
    context.moveTo(LEFT, y(share));
    context.lineTo(LEFT + SIDE, y(share));
    context.stroke();
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(wholePercent(share), LEFT - 6, y(share));
  }
  context.textBaseline = "top";
  for (const share of [0, 0.5, 1]) {
    context.textAlign = share === 0 ? "left" : share === 1 ? "right" : "center";
    context.fillText(wholePercent(share), LEFT + share * SIDE, TOP + SIDE + 6);
  }
  context.textAlign = "center";
  context.fillText(told.axes, LEFT + SIDE / 2, TOP + SIDE + 20);
}

function fillTable() {
  const rows = ROWS.map((threshold) => {
    const point = threshold === 0 ? curve.at(-1) ?? null : pointAt(curve, threshold);
    const texts = [threshold === 0 ? told.off : percent(threshold), percent(point?.coverage ?? 0), point ? percent(point.accuracy) : "–"];
    return element("tr", {}, ...texts.map((text) => cell(text, "number")));
  });
  parts?.rows.replaceChildren(...rows);
}

function makePart() {
  const slider = element("input", { type: "range", min: "0", max: "99", step: "1", value: "0", id: "none-of-these" });
  const value = element("strong");
  const words = element("p", { className: "hint", role: "status" });
  const canvas = element("canvas", { role: "img", id: "coverage-canvas", className: "coverage" });
  const rows = element("tbody");
  const { columns } = told;
  const head = [columns.threshold, columns.coverage, columns.accuracy].map((name) => element("th", { scope: "col", className: "number" }, name));
  const caption = element("caption", { className: "visually-hidden" }, told.caption);
  const table = element("table", {}, caption, element("thead", {}, element("tr", {}, ...head)), rows);
  const field = element("label", { className: "field" }, element("span", {}, told.say, " ", value), slider);
  const root = element("div", { className: "review" }, element("h3", {}, told.title), field, words, element("div", { className: "matrix" }, canvas),
    element("p", { className: "hint" }, told.about),
    element("details", { className: "fold" }, element("summary", {}, told.asTable), scroller(told.region, table)));
  root.dataset.testid = "coverage";
  return { root, slider, value, words, canvas, rows };
}
