// Loss and accuracy against the epoch, as drawings that take the notebook's own colours.

/** @import { Epoch } from "./protocol.js" */

const NS = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [320, 184, 40, 22, 26];

/** @typedef {"loss" | "accuracy"} Measure */
/** @type {Record<Measure, {title: string, train: "loss" | "accuracy", validation: "valLoss" | "valAccuracy"}>} */
const MEASURES = {
  accuracy: { title: "Accuracy", train: "accuracy", validation: "valAccuracy" },
  loss: { title: "Loss", train: "loss", validation: "valLoss" },
};

/** @param {Measure} measure @param {Epoch[]} history @param {number} epochs that are wanted @returns {SVGSVGElement} */
export function drawCurve(measure, history, epochs) {
  const { title, train, validation } = MEASURES[measure];
  const last = history.at(-1);
  const values = history.flatMap((epoch) => [epoch[train], epoch[validation]]);
  const top = measure === "accuracy" ? 1 : Math.max(0.1, ...values);
  const text = last ? `${title} by epoch: training ${last[train].toFixed(3)}, validation ${last[validation].toFixed(3)} after ${last.epoch}` : `${title} by epoch`;
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": text });
  const x = (/** @type {number} */ epoch) => LEFT + ((epoch - 1) / Math.max(1, epochs - 1)) * (WIDTH - LEFT - 8);
  const y = (/** @type {number} */ value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  svg.append(shape("text", { x: LEFT, y: 12 }, title));
  for (const share of [0, 0.5, 1]) {
    svg.append(shape("line", { x1: LEFT, x2: WIDTH - 8, y1: y(share * top), y2: y(share * top), class: "grid" }));
    const label = measure === "accuracy" ? `${100 * share} %` : (share * top).toFixed(1);
    svg.append(shape("text", { x: LEFT - 5, y: y(share * top) + 4, "text-anchor": "end" }, label));
  }
  svg.append(shape("text", { x: LEFT, y: HEIGHT - 6 }, "epoch 1"), shape("text", { x: WIDTH - 8, y: HEIGHT - 6, "text-anchor": "end" }, String(epochs)));
  for (const [name, key] of [["train", train], ["validation", validation]]) {
    const points = history.map((epoch) => `${x(epoch.epoch)},${y(epoch[/** @type {"loss"} */ (key)])}`).join(" ");
    svg.append(shape("polyline", { points, class: name }));
  }
  return svg;
}

/** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text] @returns {any} an SVG element of that name */
function shape(tag, attributes, text = "") {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}
