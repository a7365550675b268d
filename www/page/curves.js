// Loss and accuracy, epoch by epoch: training in grey, validation in the accent, the kept epoch marked, earlier trainings over them on
// request. The same figures stand in a table beside them.

import { mostFrequent } from "./baseline.js";
import { makeCurveControls } from "./curve_controls.js";
import { curvesOf, legendCanvas, valuesOf } from "./curve_lines.js";
import { isSame } from "./drawing.js";
import { byId, cell, element } from "./elements.js";
import { spanWithin } from "./epoch_span.js";
import { words } from "./language.js";
import { linePlot, markLine } from "./line_plot.js";
import { plotFiles } from "./plot_files.js";
import { state } from "./state.js";
import { fill, lossValue, percent, wholePercent } from "./words.js";

/** @typedef {import("./state.js").Epoch} Epoch */
/** `name`: in the names of files. @typedef {import("./line_plot.js").Measure & {name: "accuracy" | "loss", training: (epoch: Epoch) => number, validation: (epoch: Epoch) => number}} Plot */
/** @typedef {ReturnType<typeof linePlot>["chart"]} Chart */
/** @typedef {import("./curve_lines.js").Curve} Curve */

const text = words.curves;

/** The two measures of an epoch. @type {Plot[]} */
export const plots = [
  {
    name: "accuracy",
    title: text.accuracy,
    training: (epoch) => epoch.accuracy,
    validation: (epoch) => epoch.valAccuracy,
    words: percent,
    tick: wholePercent,
    range: (low) => [Math.max(0, Math.floor((low - 0.03) * 10) / 10), 1],
    baseline: () => mostFrequent(state).share,
  },
  {
    name: "loss",
    title: text.loss,
    training: (epoch) => epoch.loss,
    validation: (epoch) => epoch.valLoss,
    words: lossValue,
    tick: (value) => String(value),
    range: (low, high) => [0, Math.max(0.1, high * 1.05)],
  },
];

/** In the order of `plots`. @type {Drawn[]} */
const charts = [];
/** `madeOf`: its lines. @typedef {{plot: Plot, curves: Curve[], madeOf: string, made: ReturnType<typeof linePlot>}} Drawn */
/** Where they stand. @type {HTMLElement[]} */
let places = [];
/** What was drawn last. @type {unknown[]} */
let drawn = [];
/** Plots that are still to follow. @type {number[]} */
let todo = [];
/** Of what lines the charts are to be made. */
let lines = "";
/** @type {Epoch[]} */
let shown = [];
/** @type {import("./curve_lines.js").Overlay[]} */
let overlays = [];
/** @type {import("./epoch_span.js").Span | null} */
let span = null;
let best = 0;
let planned = 0;

/** The epoch that training keeps: most right on validation, the lower loss where equal. @param {Epoch[]} history */
export function bestEpoch(history) {
  const better = (/** @type {Epoch} */ a, /** @type {Epoch} */ b) =>
    a.valAccuracy > b.valAccuracy || (a.valAccuracy === b.valAccuracy && a.valLoss < b.valLoss);
  return history.reduce((/** @type {Epoch | null} */ kept, epoch) => (kept && !better(epoch, kept) ? kept : epoch), null);
}

/** One plot a call: to make one takes some 30 ms. @param {import("./state.js").State} state @returns {boolean} whether there is another */
export function drawCurves(state) {
  if (state.history.length === 0 && shown.length === 0) return false;
  if (todo.length === 0) begin(state);
  const at = todo.shift();
  if (at !== undefined) fillChart((charts[at] = chartOf(at)));
  return todo.length > 0;
}

/** Sees what the plots are to show, and that they are drawn where that is new. @param {import("./state.js").State} state */
function begin({ history, plannedEpochs, report, job, runs, smoothing }) {
  overlays = runs.flatMap(({ name, history: other, isDrawn }, at) => (isDrawn && other !== history ? [{ name, history: other, at }] : []));
  const kept = report?.bestEpoch ?? bestEpoch(history)?.epoch ?? 0;
  // Once training is over, the axis ends where the epochs do.
  const end = Math.max(2, job ? plannedEpochs : history.length, ...overlays.map((run) => run.history.length));
  lines = JSON.stringify([overlays.map(({ name, at }) => [name, at]), smoothing > 0]);
  const now = [history, kept, end, lines, smoothing, mostFrequent(state).share];
  if (isSame(now, drawn)) return;
  drawn = now;
  span = history[0] !== shown[0] ? null : span && spanWithin(span, end);
  [planned, best] = [end, kept];
  drawTable(history);
  shown = history;
  todo = [...plots.keys()];
}

/** @param {Drawn} drawn */
function fillChart({ plot, curves, made }) {
  const length = Math.max(shown.length, ...overlays.map((run) => run.history.length));
  const epochs = Array.from({ length }, (_, at) => at + 1);
  made.chart.setData([epochs, ...curves.map((curve) => valuesOf(curve, plot, shown, state.smoothing, length))]);
  made.lookAt(span);
  showBestInLegend(made.chart);
}

/** Without a pointer over the plot, the legend gives the best epoch's values. @param {Chart} chart */
function showBestInLegend(chart) {
  const isPointed = chart.cursor.idx !== null && chart.cursor.idx !== undefined;
  if (!isPointed && best > 0) chart.setLegend({ idx: best - 1 }, false);
}

/** With the lines that are wanted now; its place stays. @param {number} at @returns {Drawn} */
function chartOf(at) {
  const [plot, known] = [plots[at], charts[at]];
  if (known?.madeOf === lines) return known;
  if (places.length === 0) places = makePlaces();
  known?.made.end();
  const curves = curvesOf(places[at], overlays, state.smoothing);
  const hooks = { draw: [markBest], setCursor: [showBestInLegend] };
  // Both show the same epochs.
  const onSpan = (/** @type {typeof span} */ next) => {
    span = next;
    charts.forEach((chart) => chart.plot !== plot && chart.made.lookAt(next));
  };
  const made = linePlot(places[at], { measure: plot, lines: curves.map(({ line }) => line), epochs: () => planned, hooks, span, onSpan });
  return { plot, curves, madeOf: lines, made };
}

/** @returns {HTMLElement[]} */
function makePlaces() {
  const root = byId("curves", HTMLElement);
  root.after(makeCurveControls());
  return plots.map((plot) => {
    const holder = element("div", { className: "curve-plot" });
    const curves = () => charts.find((chart) => chart.plot === plot)?.curves ?? [];
    const files = plotFiles({
      title: plot.title,
      file: `headstart-${plot.name}`,
      canvases: () => [...holder.querySelectorAll("canvas"), legendCanvas(holder, curves())],
      rows: () => csvRows(plot),
    });
    root.append(element("figure", { className: "curve" }, element("figcaption", {}, plot.title), holder, files));
    return holder;
  });
}

/** As measured, never smoothed; the heads are English, for programs. @param {Plot} plot @returns {(string | number)[][]} */
function csvRows({ training, validation }) {
  const all = [{ name: "", history: shown }, ...overlays];
  const head = all.flatMap(({ name }) => ["training", "validation"].map((side) => (name ? `${name}: ${side}` : side)));
  const figures = (/** @type {Epoch | undefined} */ epoch) => (epoch ? [training(epoch), validation(epoch)].map(String) : ["", ""]);
  const rows = Array.from({ length: Math.max(...all.map(({ history }) => history.length)) }, (_, at) => [at + 1, ...all.flatMap(({ history }) => figures(history[at]))]);
  return [["epoch", ...head], ...rows];
}

/** @param {Chart} chart */
function markBest(chart) {
  if (best < 1 || (span && (best < span[0] || best > span[1]))) return;
  const { bbox } = chart;
  const x = Math.round(chart.valToPos(best, "x", true));
  markLine(chart, {
    token: "--accent", dash: [2, 3], from: [x, bbox.top], to: [x, bbox.top + bbox.height], label: fill(text.best, { epoch: best }),
    middle: (half) => [Math.min(bbox.left + bbox.width - half, Math.max(bbox.left + half, x)), bbox.top],
  });
}

/** Appends what is new; starts over where a new training began. @param {Epoch[]} history */
function drawTable(history) {
  const body = byId("history-rows", HTMLTableSectionElement);
  if (history.length < body.rows.length || history[0] !== shown[0]) body.replaceChildren();
  for (const epoch of history.slice(body.rows.length)) {
    const { loss, valLoss, accuracy, valAccuracy } = epoch;
    const row = [String(epoch.epoch), lossValue(loss), lossValue(valLoss), percent(accuracy), percent(valAccuracy)];
    body.append(element("tr", {}, ...row.map((figure) => cell(figure, "number"))));
  }
}
