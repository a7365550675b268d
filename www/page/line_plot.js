// What all plots of epochs share: axes, colours that follow the page, the size of their place, the baseline, and the part of the
// epochs that is looked at: dragged over, or chosen by keys.

import uPlot from "../vendor/uPlot.esm.js";
import { colour, element, setText } from "./elements.js";
import { spanAfter, spanWithin } from "./epoch_span.js";
import { words } from "./language.js";
import { selectByTouch } from "./touch_select.js";
import { fill, percent } from "./words.js";

/** @typedef {import("./epoch_span.js").Span} Span */

const text = words.line_plot;
const HEIGHT = 220;
/** What is dragged over less is a click, px. */
const LEAST_DRAG = 6;
const isDark = matchMedia("(prefers-color-scheme: dark)");

/**
 * What is measured on the y axis, and how it is told. `baseline`: what the same measure is without a head.
 * @typedef {{title: string, words: (value: number) => string, tick: (value: number) => string,
 *            range: (low: number, high: number) => [number, number], baseline?: () => number}} Measure
 * @typedef {{label: string, stroke: () => string, dash?: number[], points?: uPlot.Series.Points, width?: number, alpha?: number, class?: string}} Line
 */

/**
 * @param {HTMLElement} holder
 * @param {{measure: Measure, lines: Line[], epochs: () => number, hooks?: uPlot.Hooks.Arrays, span?: Span | null, onSpan?: (span: Span | null) => void}} options
 *   `epochs`: where the x axis ends. `span`: what is looked at; `onSpan` hears when a person changes that
 */
export function linePlot(holder, options) {
  let span = options.span ?? null;
  const last = () => Math.max(2, options.epochs());
  const chart = new uPlot(chartOptions(holder, options, () => span, (wanted) => choose(wanted)), [[], ...options.lines.map(() => [])], holder);
  const foot = makeFoot(() => {
    choose(null);
    holder.focus();
  });
  const lookAt = (/** @type {Span | null} */ next) => {
    span = next;
    chart.setScale("x", { min: 1, max: last() });
    foot.show(span, last());
  };
  const choose = (/** @type {Span | null} */ next) => {
    lookAt(next);
    foot.tell(span, last());
    options.onSpan?.(span);
  };
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== holder) return;
    const next = spanAfter(event.key, span, last());
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
  };
  selectByTouch(chart);
  chart.over.addEventListener("dblclick", () => choose(null));
  holder.addEventListener("keydown", onKey);
  Object.assign(holder, { tabIndex: 0, role: "application", ariaLabel: fill(text.keys, { title: options.measure.title }) });
  holder.after(foot.root);
  foot.show(span, last());
  const endFollowing = follow(chart, holder);
  const end = () => {
    endFollowing();
    holder.removeEventListener("keydown", onKey);
    foot.root.remove();
    chart.destroy();
  };
  return { chart, end, lookAt };
}

/** Its place gives a chart its width, the page its colours. @param {uPlot} chart @param {HTMLElement} holder @returns {() => void} what ends that */
function follow(chart, holder) {
  chart.root.querySelector("canvas")?.setAttribute("aria-hidden", "true");
  const sizes = new ResizeObserver(() => chart.setSize({ width: holder.clientWidth, height: HEIGHT }));
  sizes.observe(holder);
  const redraw = () => chart.redraw(false);
  isDark.addEventListener("change", redraw);
  return () => {
    sizes.disconnect();
    isDark.removeEventListener("change", redraw);
  };
}

/** Which epochs are seen, where not all are, and the way back to all. @param {() => void} onWhole */
function makeFoot(onWhole) {
  const shown = element("span", { className: "hint" });
  const whole = element("button", { type: "button", className: "button small" }, text.whole);
  const told = element("span", { className: "visually-hidden", role: "status" });
  const part = element("span", { className: "curve-part", hidden: true }, shown, whole);
  whole.addEventListener("click", onWhole);
  const said = (/** @type {Span | null} */ span, /** @type {number} */ last) => (span ? fill(text.part, { from: span[0], to: span[1], last }) : text.all);
  return {
    root: element("div", { className: "curve-foot" }, part, told),
    show: (/** @type {Span | null} */ span, /** @type {number} */ last) => {
      part.hidden = span === null;
      setText(shown, said(span, last));
    },
    tell: (/** @type {Span | null} */ span, /** @type {number} */ last) => setText(told, said(span, last)),
  };
}

/** @param {HTMLElement} holder @param {Parameters<typeof linePlot>[1]} options @param {() => Span | null} span @param {(span: Span | null) => void} choose @returns {uPlot.Options} */
function chartOptions(holder, { measure, lines, epochs, hooks = {} }, span, choose) {
  const [muted, grid] = [() => colour(holder, "--muted"), () => colour(holder, "--line")];
  const font = `12px ${getComputedStyle(holder).fontFamily}`;
  const axis = { stroke: muted, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const value = (/** @type {uPlot} */ _, /** @type {number | null} */ raw) => (raw === null || raw === undefined ? "–" : measure.words(raw));
  const { baseline } = measure;
  // Who looks closer wants to see the lines apart; the baseline may lie below them then.
  const lowest = (/** @type {number | null} */ low) => (span() ? (low ?? 0) : Math.min(low ?? 0, baseline?.() ?? Infinity));
  const onSelect = (/** @type {uPlot} */ chart) => {
    const { left, width } = chart.select;
    if (width >= LEAST_DRAG) choose(spanWithin([chart.posToVal(left, "x"), chart.posToVal(left + width, "x")], Math.max(2, epochs())));
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  };
  return {
    width: holder.clientWidth,
    height: HEIGHT,
    padding: [14, 10, 0, 0],
    cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false, setScale: false } },
    legend: { markers: { width: 2, dash: (_, at) => (lines[at - 1]?.dash ? "dashed" : "solid"), stroke: (_, at) => markerOf(lines[at - 1]) } },
    scales: {
      x: { time: false, range: () => span() ?? [1, Math.max(2, epochs())] },
      y: { range: (_, low, high) => measure.range(lowest(low), high ?? 1) },
    },
    axes: [
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], space: 34, size: 28 },
      { ...axis, values: (_, splits) => splits.map(measure.tick), size: 50 },
    ],
    series: [
      { label: text.epoch, value: (_, raw) => (raw === null || raw === undefined ? "–" : String(raw)) },
      ...lines.map((line) => ({ width: 2, points: { size: 5 }, value, ...line })),
    ],
    hooks: { ...hooks, draw: [...(baseline ? [(/** @type {uPlot} */ chart) => markBaseline(chart, baseline())] : []), ...(hooks.draw ?? [])], setSelect: [onSelect] },
  };
}

/** A faint line has a faint marker. @param {Line} line */
const markerOf = ({ stroke, alpha = 1 }) => `color-mix(in srgb, ${stroke()} ${100 * alpha}%, transparent)`;

/** @param {uPlot} chart @param {number} baseline */
function markBaseline(chart, baseline) {
  const { bbox, scales } = chart;
  if (baseline < (scales.y.min ?? 0)) return;
  const y = Math.round(chart.valToPos(baseline, "y", true));
  const end = bbox.left + bbox.width;
  const label = fill(text.mostFrequent, { share: percent(baseline) });
  markLine(chart, { token: "--muted", dash: [6, 3], from: [bbox.left, y], to: [end, y], label, middle: (half) => [end - 4 * devicePixelRatio - half, y] });
}

/** A dashed line over a plot, and words above it. `middle`: of the words, whose half width it is given; all in pixels of the canvas, `dash` in those of the page.
 * @param {uPlot} chart @param {{token: Parameters<typeof colour>[1], dash: number[], from: [number, number], to: [number, number], label: string, middle: (half: number) => [number, number]}} mark
 */
export function markLine(chart, { token, dash, from, to, label, middle }) {
  const { ctx } = chart;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour(chart.root, token);
  ctx.lineWidth = scale;
  ctx.setLineDash(dash.map((length) => length * scale));
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
  ctx.font = `${11 * scale}px ${getComputedStyle(chart.root).fontFamily}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  const [x, y] = middle(ctx.measureText(label).width / 2);
  ctx.fillText(label, x, y - 2 * scale);
  ctx.restore();
}
