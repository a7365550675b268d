// What the image dialog and a prediction show beyond the class: which images are most alike, and what the answer rests on.

import { byId, element } from "./elements.js";
import { makeHeatMap } from "./heat_map.js";
import { words } from "./language.js";
import { makeNeighbours } from "./neighbours.js";
import { imageCount, state } from "./state.js";
import { hasPicture } from "./told_image.js";

/** @typedef {import("./state.js").Image} Image */

/** @type {{neighbours: ReturnType<typeof makeNeighbours>, heatMap: ReturnType<typeof makeHeatMap>} | undefined} */
let inDialog;
/** @type {typeof inDialog} */
let ofPrediction;
/** @type {(image: Image) => void} */
let open = () => {};
/** The answer that is shown, or what waits for one. @type {unknown} */
let drawn = null;

/** @param {(image: Image) => void} onOpen shows an image in the dialog */
export function wireInsight(onOpen) {
  const seen = byId("seen", HTMLImageElement);
  const frame = /** @type {HTMLElement} */ (seen.parentElement);
  ofPrediction = { neighbours: makeNeighbours(words.image_insight.nearest, onOpen), heatMap: makeHeatMap(frame) };
  frame.parentElement?.append(ofPrediction.heatMap.root);
  byId("predicted", HTMLElement).after(ofPrediction.neighbours.root);
  ofPrediction.neighbours.root.hidden = true;
}

/** For the image that the dialog shows now. @param {Image} image @param {(image: Image) => void} onOpen another one is to be shown */
export function showInsight(image, onOpen) {
  open = onOpen;
  inDialog ??= makeInDialog();
  inDialog.heatMap.show(image.id, image.label);
  if (isSetAside(image.id) || !hasPicture(image)) inDialog.heatMap.hide();
  void inDialog.neighbours.show(image.id, image.label);
}

/** Until the test set is opened, no answer about its images is shown. @param {number} id */
const isSetAside = (id) => Boolean(state.testSet && !state.testSet.opened && state.testSet.ids.includes(id));

function makeInDialog() {
  const picture = byId("image-dialog-image", HTMLImageElement);
  const frame = element("span", { className: "heat-frame" });
  const row = element("div", { className: "heat-row" }, frame);
  picture.replaceWith(row);
  frame.append(picture);
  const made = { neighbours: makeNeighbours(words.image_insight.looksLike, (other) => open(other)), heatMap: makeHeatMap(frame) };
  row.append(made.heatMap.root);
  byId("image-dialog-about", HTMLElement).after(made.neighbours.root);
  return made;
}

export function clearInsight() {
  inDialog?.neighbours.clear();
  inDialog?.heatMap.clear();
}

/** @param {import("./state.js").State} state */
export function drawInsight(state) {
  const { prediction } = state;
  // The exact pixels come after the answer, and change nothing of it.
  const now = prediction?.ranked ?? prediction;
  if (!ofPrediction || now === drawn) return;
  drawn = now;
  const { neighbours, heatMap } = ofPrediction;
  neighbours.root.hidden = !prediction?.ranked || imageCount(state) === 0;
  heatMap.root.hidden = !prediction?.ranked;
  neighbours.clear();
  heatMap.clear();
  if (!prediction?.ranked) return;
  heatMap.show(prediction.file);
  if (imageCount(state) > 0) void neighbours.show(prediction.file, prediction.ranked[0]?.label);
}
