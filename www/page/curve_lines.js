// The lines of a training's plots: training dashed, validation in the accent; where they are smoothed, the measured ones faint behind
// them; and those of earlier trainings that a person wants to see over them, each in a colour and a dash of its own.

import { fontOf } from "./canvas.js";
import { colour } from "./elements.js";
import { words } from "./language.js";
import { smoothed } from "./smoothing.js";
import { fill } from "./words.js";

/** @typedef {import("./state.js").Epoch} Epoch */
/** `at`: its place among all trainings, by which it has its look. @typedef {{name: string, history: Epoch[], at: number}} Overlay */
/** `overlay`: whose line it is, the current training's where there is none. `isRaw`: as it was measured, behind the smoothed one.
 * @typedef {{line: import("./line_plot.js").Line, side: "training" | "validation", overlay?: Overlay, isRaw?: boolean}} Curve
 */

const text = words.curves;
/** Of the palette: those that can't be taken for the accent. */
const COLOURS = [1, 2, 4, 7, 5, 6, 8];
const FAINT = 0.4;
const DASHES = [[10, 3], [8, 3, 2, 3], [16, 4], [12, 3, 2, 3, 2, 3]];

/** @param {number} at */
export const colourOf = (at) => /** @type {const} */ (`--map-${COLOURS[at % COLOURS.length]}`);

/** What is drawn last lies on top. @param {HTMLElement} holder @param {Overlay[]} overlays @param {number} weight of the smoothing @returns {Curve[]} */
export function curvesOf(holder, overlays, weight) {
  const [muted, accent] = [() => colour(holder, "--muted"), () => colour(holder, "--accent")];
  const isSmoothed = weight > 0;
  const named = (/** @type {string} */ name) => (isSmoothed ? fill(text.smoothed, { name }) : name);
  const raw = (/** @type {string} */ name) => fill(text.measured, { name });
  /** @type {Curve[]} */
  const behind = !isSmoothed ? [] : [
    { side: "training", isRaw: true, line: { label: raw(text.training), stroke: muted, alpha: FAINT, dash: [5, 4], width: 1.5, points: { show: false }, class: "later" } },
    { side: "validation", isRaw: true, line: { label: raw(text.validation), stroke: accent, alpha: FAINT, width: 1.5, points: { show: false }, class: "later" } },
  ];
  const others = overlays.flatMap((overlay) => linesOfOverlay(holder, overlay, named));
  return [...behind, ...others,
    { side: "training", line: { label: named(text.training), stroke: muted, dash: [5, 4], points: { show: false } } },
    { side: "validation", line: { label: named(text.validation), stroke: accent, ...(isSmoothed && { points: { show: false } }) } }];
}

/** @param {HTMLElement} holder @param {Overlay} overlay @param {(name: string) => string} named @returns {Curve[]} */
function linesOfOverlay(holder, overlay, named) {
  const stroke = () => colour(holder, colourOf(overlay.at));
  const points = { show: false };
  return [
    // The key says that thin dots are training: a name a run is enough for the legend.
    { side: "training", overlay, line: { label: fill(text.trainingOf, { name: overlay.name }), stroke, dash: [1.5, 3], width: 1.5, points, class: "unnamed" } },
    { side: "validation", overlay, line: { label: named(overlay.name), stroke, dash: DASHES[overlay.at % DASHES.length], points, class: "later" } },
  ];
}

/** A line's values for uPlot. @param {Curve} curve @param {Record<Curve["side"], (epoch: Epoch) => number>} plot @param {Epoch[]} history of the current training @param {number} weight @param {number} length @returns {(number | null)[]} */
export function valuesOf({ side, overlay, isRaw }, plot, history, weight, length) {
  const measured = (overlay?.history ?? history).map(plot[side]);
  const values = isRaw ? measured : smoothed(measured, weight);
  return [...values, ...Array(length - values.length).fill(null)];
}

/** The legend as a picture, for the one that is taken along. @param {HTMLElement} place @param {Curve[]} curves */
export function legendCanvas(place, curves) {
  const [row, sample, scale] = [20, 34, devicePixelRatio];
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 320 * scale, height: curves.length * row * scale });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.scale(scale, scale);
  context.font = fontOf(place);
  context.textBaseline = "middle";
  curves.forEach(({ line }, at) => {
    const y = (at + 0.5) * row;
    context.strokeStyle = line.stroke();
    context.globalAlpha = line.alpha ?? 1;
    context.lineWidth = line.width ?? 2;
    context.setLineDash(line.dash ?? []);
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(sample, y);
    context.stroke();
    context.globalAlpha = 1;
    context.fillStyle = colour(place, "--ink");
    context.fillText(line.label, sample + 8, y, 320 - sample - 8);
  });
  return canvas;
}
