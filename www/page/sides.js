// What the split did, shown on the images: the side of each thumbnail once a head was trained, and which images look alike.

import { byId, setText } from "./elements.js";
import { imageCount, scheduleDraw } from "./state.js";
import { counted } from "./words.js";

/** @typedef {"training" | "validation"} Side */

/** @type {Map<number, Side>} */
let sides = new Map();
/** @type {import("./state.js").Report | null} */
let drawn = null;

/** Words for the side of an image; empty before training. @param {number} id */
export function sideWords(id) {
  const side = sides.get(id);
  if (!side) return "";
  return side === "validation" ? "held back for validation" : "trained on";
}

/** Marks a thumbnail's tile. @param {HTMLElement} tile @param {number} id */
export function markSide(tile, id) {
  const side = sides.get(id);
  if (side) tile.dataset.side = side;
  else delete tile.dataset.side;
}

/** @param {import("./state.js").State} state */
export function drawSides(state) {
  const { report, groups } = state;
  if (report && report !== drawn) {
    const all = /** @type {[number, Side][]} */ (report.images.map(({ id }) => [id, "validation"]));
    sides = new Map([...all, ...report.trainIds.map((id) => /** @type {[number, Side]} */ ([id, "training"]))]);
    for (const tile of byId("gallery", HTMLElement).querySelectorAll("li[data-image]")) {
      if (tile instanceof HTMLElement) markSide(tile, Number(tile.dataset.image));
    }
    drawn = report;
    scheduleDraw();
  }
  byId("sides-legend", HTMLElement).hidden = sides.size === 0 || imageCount(state) === 0;
  const note = byId("groups-note", HTMLElement);
  const alike = groups.reduce((sum, group) => sum + group.length, 0);
  note.hidden = alike === 0;
  const where = state.options.split === "hash" ? ", kept on one side of the split" : "; this way of holding images back can put them on both sides";
  setText(note, alike === 0 ? "" : `${counted(alike, "near-duplicate")} in ${counted(groups.length, "group")}${where}.`);
}
