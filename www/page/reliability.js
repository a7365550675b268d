// The reliability diagram on a canvas: how often the answers of each degree of sureness are right, against the diagonal on
// which the probabilities would hold exactly; and the same figures as a table.

import { inks, repaint, sized } from "./canvas.js";
import { byId, cell, colour, element, setText } from "./elements.js";
import { words } from "./language.js";
import { counted, fill, percent, points, wholePercent } from "./words.js";

/** @typedef {import("./state.js").Report} Report */

const said = words.reliability;
const SIDE = 240;
const [LEFT, BOTTOM, TOP] = [44, 34, 8];
/** @type {Report | null} */
let drawn = null;
let isWired = false;

/** @param {import("./state.js").State} state */
export function drawReliability({ report }) {
  if (!report || report === drawn) return;
  drawn = report;
  if (!isWired) repaint(byId("matrix", HTMLElement), () => drawn && paint(drawn));
  isWired = true;
  paint(report);
  fillTable(report);
  const { before, after, temperature } = report.calibration;
  const values = { after: points(after.ece), before: points(before.ece), temperature: temperature.toFixed(2) };
  setText(byId("reliability-words", HTMLElement), fill(temperature >= 1 ? said.tonedDown : said.sharpened, values));
}

/** @param {Report} report */
function paint({ calibration: { after } }) {
  const canvas = byId("reliability-canvas", HTMLCanvasElement);
  const context = sized(canvas, LEFT + SIDE + 8, TOP + SIDE + BOTTOM);
  if (!context) return;
  canvas.ariaLabel = fill(said.picture, { off: points(after.ece) });
  const ink = inks(canvas);
  paintAxes(context, ink);
  const most = Math.max(1, ...after.bins.map((bin) => bin.count));
  const step = SIDE / after.bins.length;
  context.fillStyle = colour(canvas, "--accent");
  after.bins.forEach(({ accuracy, count }, at) => {
    if (count === 0) return;
    // Fainter where few images stand behind it.
    context.globalAlpha = 0.35 + 0.65 * Math.sqrt(count / most);
    const bar = Math.max(2, accuracy * SIDE);
    context.fillRect(LEFT + at * step + 1, TOP + SIDE - bar, step - 2, bar);
  });
  context.globalAlpha = 1;
  context.strokeStyle = ink.text;
  context.setLineDash([5, 4]);
  context.beginPath();
  context.moveTo(LEFT, TOP + SIDE);
  context.lineTo(LEFT + SIDE, TOP);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {ReturnType<typeof inks>} ink */
function paintAxes(context, { muted, line }) {
  context.lineWidth = 1;
  context.strokeStyle = line;
  context.fillStyle = muted;
  for (const share of [0, 0.5, 1]) {
    const [x, y] = [LEFT + share * SIDE, TOP + (1 - share) * SIDE];
    context.beginPath();
    context.moveTo(LEFT, y);
    context.lineTo(LEFT + SIDE, y);
    context.stroke();
    context.textAlign = "right";
    context.textBaseline = share === 1 ? "top" : "middle";
    context.fillText(wholePercent(share), LEFT - 6, share === 1 ? y - 4 : y);
    context.textAlign = share === 0 ? "left" : share === 1 ? "right" : "center";
    context.textBaseline = "top";
    context.fillText(wholePercent(share), x, TOP + SIDE + 6);
  }
  context.textAlign = "center";
  context.fillText(said.axis, LEFT + SIDE / 2, TOP + SIDE + 20);
}

/** @param {Report} report */
function fillTable({ calibration: { after } }) {
  const bins = after.bins.filter((bin) => bin.count > 0);
  const row = (/** @type {typeof bins[number]} */ { confidence, accuracy, count }) =>
    element("tr", {}, ...[percent(confidence), percent(accuracy), counted(count, words.nouns.image)].map((text) => cell(text, "number")));
  byId("reliability-rows", HTMLElement).replaceChildren(...bins.map(row));
}
