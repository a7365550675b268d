// Takes a plot along: as a picture with its title on the page's paper, and its numbers as CSV.

import { fontOf } from "./canvas.js";
import { csvText } from "./csv_text.js";
import { element } from "./elements.js";
import { words } from "./language.js";
import { save } from "./save.js";
import { fill } from "./words.js";

/** `canvases`: drawn below each other; without them there is no picture. `key`: what the lines are, where the canvas does not say it.
 * @typedef {{title: string, file: string, canvases?: () => HTMLCanvasElement[], rows: () => (string | number)[][], key?: string}} Plot
 */

const text = words.plot_files;
const PAD = 16;
const LINE = 22;

/** Two buttons for below a plot. @param {Plot} plot */
export function plotFiles(plot) {
  const png = plot.canvases ? [button(text.png, plot.title, () => void savePicture(plot))] : [];
  const csv = button(plot.canvases ? text.csv : text.csvAlone, plot.title, () => save(new Blob([csvText(plot.rows())], { type: "text/csv" }), `${plot.file}.csv`));
  return element("div", { className: "plot-files" }, ...png, csv);
}

/** @param {string} name @param {string} title @param {() => void} onClick */
function button(name, title, onClick) {
  const made = element("button", { type: "button", className: "button small quiet", ariaLabel: fill(text.label, { button: name, title }) }, name);
  made.addEventListener("click", onClick);
  return made;
}

/** @param {Plot} plot */
async function savePicture({ title, file, canvases, key }) {
  const drawn = (canvases?.() ?? []).filter(({ width, height }) => width > 0 && height > 0);
  const scale = devicePixelRatio;
  const head = (key ? 2 : 1) * LINE;
  const paper = document.createElement("canvas");
  paper.width = Math.max(200 * scale, ...drawn.map(({ width }) => width)) + 2 * PAD * scale;
  paper.height = drawn.reduce((sum, { height }) => sum + height + PAD * scale, (PAD + head) * scale);
  const context = paper.getContext("2d");
  if (!context) return;
  const { backgroundColor, color } = getComputedStyle(document.body);
  context.fillStyle = backgroundColor;
  context.fillRect(0, 0, paper.width, paper.height);
  context.fillStyle = color;
  context.textBaseline = "top";
  const font = fontOf(document.body).replace(/^\S+ /, "");
  context.font = `600 ${14 * scale}px ${font}`;
  context.fillText(title, PAD * scale, PAD * scale);
  context.font = `${12 * scale}px ${font}`;
  if (key) context.fillText(key, PAD * scale, (PAD + LINE) * scale);
  let y = (PAD + head) * scale;
  for (const canvas of drawn) {
    context.drawImage(canvas, PAD * scale, y);
    y += canvas.height + PAD * scale;
  }
  const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ resolve) => paper.toBlob(resolve, "image/png"));
  if (blob) save(blob, `${file}.png`);
}
