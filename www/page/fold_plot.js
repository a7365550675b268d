// The folds on a canvas: a dot with its interval for each, the interval of all as a band, the most frequent class as a dashed line.

import { inks, repaint, sized } from "./canvas.js";
import { colour, element } from "./elements.js";
import { words } from "./language.js";
import { fill, percent, wholePercent } from "./words.js";

/** @typedef {import("./cross_validation.js").Folds} Folds */

const told = words.fold_plot;
const ROW = 24;
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 22, 8, 26];
const MOST_WIDTH = 520;

/** A canvas, its place, and what fills it. */
export function makeFoldPlot() {
  const canvas = element("canvas", { role: "img" });
  const place = element("div", { className: "matrix folds-plot" }, canvas);
  /** @type {Folds | null} */
  let shown = null;
  repaint(place, () => shown && draw(canvas, place, shown));
  const paint = (/** @type {Folds} */ folds) => {
    shown = folds;
    draw(canvas, place, folds);
  };
  return { canvas, place, paint };
}

/** @param {HTMLCanvasElement} canvas @param {HTMLElement} place @param {Folds} found */
function draw(canvas, place, { folds, accuracy, interval, guess }) {
  const width = Math.min(MOST_WIDTH, place.clientWidth);
  const height = folds.length * ROW;
  const context = sized(canvas, width, TOP + height + BOTTOM);
  if (!context) return;
  canvas.ariaLabel = fill(told.picture, { folds: folds.length, accuracy: percent(accuracy), guess: percent(guess) });
  const low = Math.floor(10 * Math.min(guess, interval[0], ...folds.map((run) => run.interval[0]))) / 10;
  const x = (/** @type {number} */ share) => LEFT + ((share - low) / (1 - low)) * (width - LEFT - RIGHT);
  const accent = colour(canvas, "--accent");
  const { text, muted, line } = inks(canvas);
  context.fillStyle = accent;
  context.globalAlpha = 0.16;
  context.fillRect(x(interval[0]), TOP, x(interval[1]) - x(interval[0]), height);
  context.globalAlpha = 1;
  paintAxis(context, { x, low, height, muted, line });
  stroke(context, accent, 2, [x(accuracy), TOP, x(accuracy), TOP + height]);
  context.setLineDash([4, 4]);
  stroke(context, muted, 1.5, [x(guess), TOP, x(guess), TOP + height]);
  context.setLineDash([]);
  folds.forEach((run, at) => {
    const y = TOP + (at + 0.5) * ROW;
    stroke(context, text, 1.5, [x(run.interval[0]), y, x(run.interval[1]), y]);
    context.fillStyle = text;
    context.beginPath();
    context.arc(x(run.accuracy), y, 4.5, 0, 2 * Math.PI);
    context.fill();
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(fill(told.fold, { fold: at + 1 }), 0, y);
  });
}

/** @param {CanvasRenderingContext2D} context @param {{x: (share: number) => number, low: number, height: number, muted: string, line: string}} axis */
function paintAxis(context, { x, low, height, muted, line }) {
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const share of [low, (low + 1) / 2, 1]) {
    stroke(context, line, 1, [x(share), TOP, x(share), TOP + height]);
    context.fillStyle = muted;
    context.fillText(wholePercent(share), x(share), TOP + height + 6);
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} ink @param {number} width @param {[number, number, number, number]} ends */
function stroke(context, ink, width, [x0, y0, x1, y1]) {
  context.strokeStyle = ink;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
