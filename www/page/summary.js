// The layers' table, as Keras prints it: the frozen network, then the head.

import { byId, cell, element, headCell, setText } from "./elements.js";
import { words } from "./language.js";
import { fill, number, shapeWords } from "./words.js";

/** @typedef {import("./state.js").Layer} Layer */

const text = words.summary;

/** @type {import("./state.js").Summary | null} */
let drawn = null;

/** @param {import("./state.js").State} state */
export function drawSummary({ summary }) {
  if (summary === drawn) return;
  drawn = summary;
  byId("summary", HTMLElement).hidden = summary === null;
  if (!summary) return;
  const { rows, total, trainable, nonTrainable } = summary;
  setText(byId("summary-note", HTMLElement), fill(text.note, { trainable, total }));
  byId("summary-rows", HTMLElement).replaceChildren(...rows.map(layerRow));
  const totals = [[text.total, total], [text.trainable, trainable], [text.frozen, nonTrainable]];
  const lines = totals.map(([name, value]) =>
    element("tr", {}, headCell(String(name), "row"), cell(""), cell(number(Number(value)), "number"), cell("")));
  byId("summary-totals", HTMLElement).replaceChildren(...lines);
}

/** @param {Layer} layer */
function layerRow({ name, type, outputShape, parameters, trainable }) {
  const head = element("th", { scope: "row" }, name, element("span", { className: "layer-type" }, type));
  const kind = trainable ? text.isTrained : text.isFrozen;
  const learns = parameters === 0 ? "" : kind;
  return element("tr", { className: trainable ? "yes" : "frozen" }, head, cell(shapeWords(outputShape)), cell(number(parameters), "number"), cell(learns));
}
