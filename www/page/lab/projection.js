// The same images' features on a plane, seen with stored statistics and with a batch's: a line joins each image's two places.

import { inks, repaint, sized } from "../canvas.js";
import { byId, colour, setText } from "../elements.js";
import { words } from "../language.js";
import { fill, wholePercent } from "../words.js";

/** @typedef {import("../../shared/lab.js").Projection} Projection */

const text = words.lab_projection;
const PAD = 12;
/** @type {Projection | null} */
let drawn = null;
let isWired = false;

/** @param {Projection} projection */
export function drawProjection(projection) {
  if (!isWired) repaint(byId("projection", HTMLElement), paint);
  isWired = true;
  if (projection === drawn) return;
  drawn = projection;
  paint();
  const [first, second] = projection.explained.map(wholePercent);
  setText(byId("projection-hint", HTMLElement), fill(text.hint, { first, second }));
}

function paint() {
  const canvas = byId("projection-canvas", HTMLCanvasElement);
  const width = byId("projection", HTMLElement).clientWidth;
  const height = Math.round(Math.min(360, width * 0.75));
  const context = sized(canvas, width, height);
  if (!context || !drawn) return;
  const { stored, batch } = drawn;
  const place = placing([...stored, ...batch], width, height);
  const { line } = inks(canvas);
  const [calm, loud] = [colour(canvas, "--stored"), colour(canvas, "--batch")];
  context.strokeStyle = line;
  context.lineWidth = 1;
  stored.forEach((point, at) => {
    context.beginPath();
    context.moveTo(...place(point));
    context.lineTo(...place(batch[at]));
    context.stroke();
  });
  context.fillStyle = calm;
  stored.forEach((point) => {
    context.beginPath();
    context.arc(...place(point), 3, 0, 2 * Math.PI);
    context.fill();
  });
  context.strokeStyle = loud;
  context.lineWidth = 1.5;
  batch.forEach((point) => {
    context.beginPath();
    context.arc(...place(point), 3, 0, 2 * Math.PI);
    context.stroke();
  });
  canvas.ariaLabel = fill(text.plot, { count: stored.length });
}

/** From features to pixels, the same scale on both axes. @param {[number, number][]} points @param {number} width @param {number} height */
function placing(points, width, height) {
  const spread = (/** @type {0 | 1} */ axis) => {
    const values = points.map((point) => point[axis]);
    const low = Math.min(...values);
    return { low, span: Math.max(...values) - low || 1 };
  };
  const [x, y] = [spread(0), spread(1)];
  const scale = Math.min((width - 2 * PAD) / x.span, (height - 2 * PAD) / y.span);
  const [left, top] = [(width - x.span * scale) / 2, (height - y.span * scale) / 2];
  return (/** @type {[number, number]} */ point) =>
    /** @type {[number, number]} */ ([left + (point[0] - x.low) * scale, top + (point[1] - y.low) * scale]);
}
