// One bar for each BatchNorm layer, from the first to the last: how far the batches' statistics are from the stored ones.

import { inks, repaint, sized } from "../canvas.js";
import { byId, cell, colour, element, setText } from "../elements.js";
import { words } from "../language.js";
import { fill } from "../words.js";

/** @typedef {import("../../shared/lab.js").LayerDistance} LayerDistance */

const text = words.lab_layer_bars;
const HEIGHT = 180;
const FOOT = 22;
const SIDE = 34;

/** @type {LayerDistance[]} */
let layers = [];
/** @type {LayerDistance[] | null} */
let drawn = null;

/** @param {LayerDistance[]} now */
export function drawLayerBars(now) {
  if (drawn === null) wire();
  if (now === drawn) return;
  layers = drawn = now;
  paint();
  explain(null);
  const rows = now.map(({ layer, distance }) => element("tr", {}, cell(layer), cell(distance.toFixed(2), "number")));
  byId("layer-rows", HTMLTableSectionElement).replaceChildren(...rows);
}

function wire() {
  const canvas = byId("layer-canvas", HTMLCanvasElement);
  repaint(byId("layer-bars", HTMLElement), paint);
  canvas.addEventListener("pointermove", (event) => explain(Math.floor((event.offsetX - SIDE) / step(canvas.clientWidth))));
  canvas.addEventListener("pointerleave", () => explain(null));
}

/** Width of a bar with its gap. @param {number} width of the canvas */
const step = (width) => (width - SIDE) / Math.max(1, layers.length);

/** @param {number | null} at */
function explain(at) {
  const layer = at === null ? undefined : layers[at];
  setText(byId("layer-hint", HTMLElement), layer ? fill(text.layer, { layer: layer.layer, distance: layer.distance.toFixed(2) }) : text.hint);
}

function paint() {
  const canvas = byId("layer-canvas", HTMLCanvasElement);
  const width = byId("layer-bars", HTMLElement).clientWidth;
  const context = sized(canvas, width, HEIGHT);
  if (!context || layers.length === 0) return;
  const { muted, line } = inks(canvas);
  const top = niceTop(Math.max(...layers.map((layer) => layer.distance)));
  const [floor, each] = [HEIGHT - FOOT, step(width)];
  const y = (/** @type {number} */ value) => floor - (value / top) * (floor - 8);
  context.textBaseline = "middle";
  for (const value of [0, top / 2, top]) {
    context.fillStyle = line;
    context.fillRect(SIDE, Math.round(y(value)), width - SIDE, 1);
    context.fillStyle = muted;
    context.textAlign = "right";
    context.fillText(String(Number(value.toPrecision(2))), SIDE - 6, y(value));
  }
  context.fillStyle = colour(canvas, "--batch");
  layers.forEach(({ distance }, at) => {
    const gap = each > 4 ? Math.min(3, each / 4) : 0.5;
    context.fillRect(SIDE + at * each + gap / 2, y(distance), Math.max(1, each - gap), floor - y(distance));
  });
  context.fillStyle = muted;
  context.textAlign = "left";
  context.fillText(text.first, SIDE, HEIGHT - 8);
  context.textAlign = "right";
  context.fillText(text.last, width, HEIGHT - 8);
  canvas.ariaLabel = fill(text.plot, { count: layers.length });
}

/** The next of 1, 2, 5, 10 … above a value. @param {number} value */
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10);
}
