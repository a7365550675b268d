// Over an image, what an answer rests on: bright where the image speaks for a class, dark where it says little or speaks against
// it (docs/insight.md). Drawn cell by cell of the network's last feature map, which is coarse.

import { element } from "./elements.js";
import { words } from "./language.js";
import { described, isAbort } from "./problems.js";
import { currentTrainer } from "./session.js";
import { state } from "./state.js";
import { fill, percent } from "./words.js";

/** @typedef {import("../shared/insight.js").HeatMap} HeatMap */
/** @typedef {import("../shared/insight.js").HeatMaps} HeatMaps */

const text = words.heat_map;
/** Of the canvas, px; the page scales it. */
const SIDE = 224;
/** Red, green, blue, opacity from no evidence to the most; lightness alone tells them apart. */
const RAMP = [[8, 8, 38, 0.66], [112, 28, 106, 0.56], [228, 92, 48, 0.46], [255, 228, 122, 0.4]];
const ROWS = /** @type {const} */ (["upper", "middle", "lower"]);
const COLUMNS = /** @type {const} */ (["left", "centre", "right"]);

/** A switch and what it shows. @param {HTMLElement} frame around the image, which shows what the network sees */
export function makeHeatMap(frame) {
  const canvas = element("canvas", { className: "heat-canvas", role: "img", hidden: true, width: SIDE, height: SIDE });
  frame.append(canvas);
  const toggle = element("button", { type: "button", className: "button small", ariaPressed: "false" }, text.toggle);
  const chooser = element("select");
  const field = element("label", { className: "field", hidden: true }, element("span", {}, text.chooser), chooser);
  const hint = element("p", { className: "hint", role: "status" });
  const root = element("div", { className: "heat" }, toggle, field, hint);
  root.dataset.testid = "heat-map";
  /** @type {{picture: number | File, label?: string} | null} */
  let shown = null;
  /** @type {HeatMaps | null} */
  let found = null;
  let isOn = false;

  toggle.addEventListener("click", () => {
    isOn = !isOn;
    toggle.ariaPressed = String(isOn);
    void look();
  });
  chooser.addEventListener("change", draw);

  /** @param {number | File} picture @param {string} [label] its class, which can be chosen too */
  function show(picture, label) {
    clear();
    root.hidden = !hasHead();
    shown = { picture, label };
    void look();
  }

  /** Where there is nothing to say. */
  function hide() {
    clear();
    root.hidden = true;
  }

  function clear() {
    shown = null;
    found = null;
    draw();
  }

  async function look() {
    const [mine, trainer] = [shown, currentTrainer()];
    if (!isOn || found || !mine || !trainer || root.hidden) return draw();
    if (state.job) return void (hint.textContent = text.busy);
    try {
      const maps = await trainer.insight.heatMaps(mine.picture, { label: mine.label });
      if (mine !== shown) return;
      found = maps;
      chooser.replaceChildren(...maps.maps.map(({ label, probability }) => element("option", { value: label }, fill(text.choice, { label, probability: percent(probability) }))));
      draw();
    } catch (error) {
      if (mine === shown && !isAbort(error)) hint.textContent = described(error).message;
    }
  }

  function draw() {
    const map = isOn && found?.maps.find(({ label }) => label === chooser.value);
    field.hidden = !map;
    canvas.hidden = !map || Math.max(...map.values) <= 0;
    if (!map || !found) return void (hint.textContent = "");
    hint.textContent = wordsFor(map, found.width, found.height);
    canvas.ariaLabel = fill(text.canvas, { label: map.label });
    if (!canvas.hidden) paint(canvas, map.values, found.width, found.height);
  }

  return { root, show, clear, hide };
}

/** Whether anything classifies. */
const hasHead = () => state.report !== null || state.opened !== null || state.facts?.classes !== undefined;

/** @param {HeatMap} map @param {number} width @param {number} height */
function wordsFor({ label, values }, width, height) {
  const most = Math.max(...values);
  if (most <= 0) return fill(text.nothing, { label });
  const at = values.indexOf(most);
  const [row, column] = [ROWS[Math.floor((Math.floor(at / width) * 3) / height)], COLUMNS[Math.floor(((at % width) * 3) / width)]];
  return fill(text.bright, { label, place: text.places[row][column] });
}

/** @param {HTMLCanvasElement} canvas @param {number[]} values @param {number} width @param {number} height */
function paint(canvas, values, width, height) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const most = Math.max(...values);
  const image = context.createImageData(SIDE, SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const strength = between(values, width, height, ((x + 0.5) / SIDE) * width - 0.5, ((y + 0.5) / SIDE) * height - 0.5) / most;
      image.data.set(inkOf(strength), (y * SIDE + x) * 4);
    }
  }
  context.putImageData(image, 0, 0);
}

/** Bilinear between the middles of the cells. @param {number[]} values @param {number} width @param {number} height @param {number} x @param {number} y */
function between(values, width, height, x, y) {
  const inside = (/** @type {number} */ place, /** @type {number} */ size) => Math.min(size - 1, Math.max(0, place));
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const at = (/** @type {number} */ column, /** @type {number} */ row) => values[inside(row, height) * width + inside(column, width)];
  const across = (/** @type {number} */ row) => at(left, row) * (1 - (x - left)) + at(left + 1, row) * (x - left);
  return across(top) * (1 - (y - top)) + across(top + 1) * (y - top);
}

/** @param {number} strength */
function inkOf(strength) {
  const place = Math.min(1, Math.max(0, strength)) * (RAMP.length - 1);
  const from = Math.min(RAMP.length - 2, Math.floor(place));
  const mixed = RAMP[from].map((value, at) => value + (RAMP[from + 1][at] - value) * (place - from));
  return [mixed[0], mixed[1], mixed[2], mixed[3] * 255];
}
