// Loss and accuracy, epoch by epoch: training in grey, validation in the accent, the kept epoch marked. The same
// figures stand in a table beside them.

import { byId, cell, colour, element } from "./elements.js";
import { words } from "./language.js";
import { linePlot } from "./line_plot.js";
import { plotFiles } from "./plot_files.js";
import { fill, lossValue, percent, wholePercent } from "./words.js";

/** @typedef {import("./state.js").Epoch} Epoch */
/** `name`: in the names of files. @typedef {import("./line_plot.js").Measure & {name: "accuracy" | "loss", training: (epoch: Epoch) => number, validation: (epoch: Epoch) => number}} Plot */

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

/** @typedef {ReturnType<typeof linePlot>["chart"]} Chart */
/** @type {{plot: Plot, chart: Chart}[]} */
const charts = [];
/** @type {Epoch[]} */
let drawn = [];
let best = 0;
let planned = 0;
/** Accuracy of always answering the most frequent class. */
let baseline = 0;

/** The epoch that training keeps: most right on validation, the lower loss where equal. @param {Epoch[]} history */
export function bestEpoch(history) {
  const better = (/** @type {Epoch} */ a, /** @type {Epoch} */ b) =>
    a.valAccuracy > b.valAccuracy || (a.valAccuracy === b.valAccuracy && a.valLoss < b.valLoss);
  return history.reduce((/** @type {Epoch | null} */ kept, epoch) => (kept && !better(epoch, kept) ? kept : epoch), null);
}

/** @param {import("./state.js").State} state */
export function drawCurves(state) {
  const { history, plannedEpochs, report, job } = state;
  if (history.length === 0 && drawn.length === 0) return;
  if (charts.length === 0) makeCharts();
  baseline = mostFrequent(state);
  const kept = report?.bestEpoch ?? bestEpoch(history)?.epoch ?? 0;
  if (history === drawn && kept === best && planned === plannedEpochs) return;
  // Once training is over, the axis ends where the epochs do.
  planned = job ? plannedEpochs : Math.max(2, history.length);
  best = kept;
  drawTable(history);
  drawn = history;
  const epochs = history.map((epoch) => epoch.epoch);
  for (const { plot, chart } of charts) {
    chart.setData([epochs, history.map(plot.training), history.map(plot.validation)]);
    showBestInLegend(chart);
  }
}

/** Without a pointer over the plot, the legend gives the best epoch's values. @param {Chart} chart */
function showBestInLegend(chart) {
  const isPointed = chart.cursor.idx !== null && chart.cursor.idx !== undefined;
  if (!isPointed && best > 0) chart.setLegend({ idx: best - 1 }, false);
}

/** Of the validation images; before there is a report, of all. @param {import("./state.js").State} state */
function mostFrequent({ report, classes }) {
  const counts = report ? report.perClass.map(({ support }) => support) : [...classes.values()].map(({ images }) => images.length);
  return Math.max(0, ...counts) / Math.max(1, counts.reduce((sum, count) => sum + count, 0));
}

/** @param {Chart} chart */
function markBaseline(chart) {
  const { ctx, bbox } = chart;
  const scale = devicePixelRatio;
  const y = Math.round(chart.valToPos(baseline, "y", true));
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour(chart.root, "--muted");
  ctx.lineWidth = scale;
  ctx.setLineDash([6 * scale, 3 * scale]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${11 * scale}px ${getComputedStyle(chart.root).fontFamily}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "bottom";
  ctx.fillText(fill(text.mostFrequent, { share: percent(baseline) }), bbox.left + bbox.width - 4 * scale, y - 2 * scale);
  ctx.restore();
}

function makeCharts() {
  const root = byId("curves", HTMLElement);
  for (const plot of plots) {
    const holder = element("div", { className: "curve-plot" });
    const files = plotFiles({
      title: plot.title,
      file: `headstart-${plot.name}`,
      canvases: () => [...holder.querySelectorAll("canvas")],
      rows: () => [["epoch", "training", "validation"], ...drawn.map((epoch) => [epoch.epoch, plot.training(epoch), plot.validation(epoch)])],
      key: text.key,
    });
    root.append(element("figure", { className: "curve" }, element("figcaption", {}, plot.title), holder, files));
    const lines = [
      { label: text.training, stroke: () => colour(holder, "--muted"), dash: [5, 4], points: { show: false } },
      { label: text.validation, stroke: () => colour(holder, "--accent") },
    ];
    const isAccuracy = plot.name === "accuracy";
    const hooks = { draw: isAccuracy ? [markBaseline, markBest] : [markBest], setCursor: [showBestInLegend] };
    /** @type {Plot} */
    const measure = isAccuracy ? { ...plot, range: (low, high) => plot.range(Math.min(low, baseline), high) } : plot;
    charts.push({ plot, chart: linePlot(holder, { measure, lines, epochs: () => planned, hooks }).chart });
  }
}

/** @param {Chart} chart */
function markBest(chart) {
  if (best < 1) return;
  const { ctx, bbox } = chart;
  const scale = devicePixelRatio;
  const x = Math.round(chart.valToPos(best, "x", true));
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour(chart.root, "--accent");
  ctx.lineWidth = scale;
  ctx.setLineDash([2 * scale, 3 * scale]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = `${11 * scale}px ${getComputedStyle(chart.root).fontFamily}`;
  const label = fill(text.best, { epoch: best });
  const half = ctx.measureText(label).width / 2;
  const middle = Math.min(bbox.left + bbox.width - half, Math.max(bbox.left + half, x));
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  ctx.fillText(label, middle, bbox.top - 2 * scale);
  ctx.restore();
}

/** Appends what is new; starts over where a new training began. @param {Epoch[]} history */
function drawTable(history) {
  const body = byId("history-rows", HTMLTableSectionElement);
  if (history.length < body.rows.length || history[0] !== drawn[0]) body.replaceChildren();
  for (const epoch of history.slice(body.rows.length)) {
    const { loss, valLoss, accuracy, valAccuracy } = epoch;
    const row = [String(epoch.epoch), lossValue(loss), lossValue(valLoss), percent(accuracy), percent(valAccuracy)];
    body.append(element("tr", {}, ...row.map((figure) => cell(figure, "number"))));
  }
}
