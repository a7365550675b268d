// What the image dialog and a prediction show beyond the class: which images are most alike.

import { byId } from "./elements.js";
import { makeNeighbours } from "./neighbours.js";
import { imageCount } from "./state.js";

/** @typedef {import("./state.js").Image} Image */

/** @type {ReturnType<typeof makeNeighbours> | undefined} */
let inDialog;
/** @type {ReturnType<typeof makeNeighbours> | undefined} */
let ofPrediction;
/** @type {(image: Image) => void} */
let open = () => {};
/** @type {import("./state.js").Prediction | null} */
let drawn = null;

/** @param {(image: Image) => void} onOpen shows an image in the dialog */
export function wireInsight(onOpen) {
  ofPrediction = makeNeighbours("Nearest training images", onOpen);
  byId("predicted", HTMLElement).after(ofPrediction.root);
  ofPrediction.root.hidden = true;
}

/** For the image that the dialog shows now. @param {Image} image @param {(image: Image) => void} onOpen another one is to be shown */
export function showInsight(image, onOpen) {
  open = onOpen;
  if (!inDialog) {
    inDialog = makeNeighbours("Looks most like", (other) => open(other));
    byId("image-dialog-about", HTMLElement).after(inDialog.root);
  }
  void inDialog.show(image.id, image.label);
}

export function clearInsight() {
  inDialog?.clear();
}

/** @param {import("./state.js").State} state */
export function drawInsight(state) {
  const { prediction } = state;
  if (!ofPrediction || prediction === drawn) return;
  drawn = prediction;
  ofPrediction.root.hidden = !prediction?.ranked || imageCount(state) === 0;
  ofPrediction.clear();
  if (prediction?.ranked && imageCount(state) > 0) void ofPrediction.show(prediction.file, prediction.ranked[0]?.label);
}
