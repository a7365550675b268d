// The layers' table, as Keras prints it: the frozen network, then the head.

import { byId, cell, element, headCell, setText } from "./elements.js";
import { number, shapeWords } from "./words.js";

/** @typedef {import("./state.js").Layer} Layer */

/** @type {import("./state.js").Summary | null} */
let drawn = null;

/** @param {import("./state.js").State} state */
export function drawSummary({ summary }) {
  if (summary === drawn) return;
  drawn = summary;
  byId("summary", HTMLElement).hidden = summary === null;
  if (!summary) return;
  const { rows, total, trainable, nonTrainable } = summary;
  setText(byId("summary-note", HTMLElement), `${number(trainable)} of ${number(total)} parameters are trained`);
  byId("summary-rows", HTMLElement).replaceChildren(...rows.map(layerRow));
  const totals = [["Total", total], ["Trainable", trainable], ["Frozen", nonTrainable]];
  const lines = totals.map(([name, value]) =>
    element("tr", {}, headCell(String(name), "row"), cell(""), cell(number(Number(value)), "number"), cell("")));
  byId("summary-totals", HTMLElement).replaceChildren(...lines);
}

/** @param {Layer} layer */
function layerRow({ name, type, outputShape, parameters, trainable }) {
  const head = element("th", { scope: "row" }, name, element("span", { className: "layer-type" }, type));
  const kind = trainable ? "yes" : "frozen";
  const learns = parameters === 0 ? "" : kind;
  return element("tr", { className: kind }, head, cell(shapeWords(outputShape)), cell(number(parameters), "number"), cell(learns));
}
