// What all plots of epochs share: axes, colours that follow the page, the size of their place.

import uPlot from "../vendor/uPlot.esm.js";
import { colour } from "./elements.js";
import { words } from "./language.js";

const HEIGHT = 220;
const isDark = matchMedia("(prefers-color-scheme: dark)");

/**
 * What is measured on the y axis, and how it is told.
 * @typedef {{title: string, words: (value: number) => string, tick: (value: number) => string,
 *            range: (low: number, high: number) => [number, number]}} Measure
 * @typedef {{label: string, stroke: () => string, dash?: number[], points?: uPlot.Series.Points, width?: number}} Line
 */

/**
 * @param {HTMLElement} holder
 * @param {{measure: Measure, lines: Line[], epochs: () => number, hooks?: uPlot.Hooks.Arrays}} options
 *   `epochs`: where the x axis ends
 */
export function linePlot(holder, options) {
  const chart = new uPlot(chartOptions(holder, options), [[], ...options.lines.map(() => [])], holder);
  chart.root.querySelector("canvas")?.setAttribute("aria-hidden", "true");
  const sizes = new ResizeObserver(() => chart.setSize({ width: holder.clientWidth, height: HEIGHT }));
  sizes.observe(holder);
  const redraw = () => chart.redraw(false);
  isDark.addEventListener("change", redraw);
  const end = () => {
    sizes.disconnect();
    isDark.removeEventListener("change", redraw);
    chart.destroy();
  };
  return { chart, end };
}

/** @param {HTMLElement} holder @param {Parameters<typeof linePlot>[1]} options @returns {uPlot.Options} */
function chartOptions(holder, { measure, lines, epochs, hooks = {} }) {
  const [muted, grid] = [() => colour(holder, "--muted"), () => colour(holder, "--line")];
  const font = `12px ${getComputedStyle(holder).fontFamily}`;
  const axis = { stroke: muted, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const value = (/** @type {uPlot} */ _, /** @type {number | null} */ raw) => (raw === null || raw === undefined ? "–" : measure.words(raw));
  return {
    width: holder.clientWidth,
    height: HEIGHT,
    padding: [14, 10, 0, 0],
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    legend: { markers: { width: 2 } },
    scales: {
      x: { time: false, range: () => [1, Math.max(2, epochs())] },
      y: { range: (_, low, high) => measure.range(low ?? 0, high ?? 1) },
    },
    axes: [
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], space: 34, size: 28 },
      { ...axis, values: (_, splits) => splits.map(measure.tick), size: 50 },
    ],
    series: [
      { label: words.line_plot.epoch, value: (_, raw) => (raw === null || raw === undefined ? "–" : String(raw)) },
      ...lines.map((line) => ({ width: 2, points: { size: 5 }, value, ...line })),
    ],
    hooks,
  };
}
