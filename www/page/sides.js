// What the split did, shown on the images: the side of each thumbnail once a head was trained, and which images look alike.

import { byId, setText } from "./elements.js";
import { words } from "./language.js";
import { imageCount, scheduleDraw } from "./state.js";
import { counted, fill } from "./words.js";

/** @typedef {"training" | "validation" | "test"} Side */

/** @type {Map<number, Side>} */
let sides = new Map();
/** @type {[import("./state.js").Report | null, string]} */
let drawn = [null, ""];
const text = words.sides;

/** Words for the side of an image; empty before training. @param {number} id */
export function sideWords(id) {
  const side = sides.get(id);
  return side ? text.sides[side] : "";
}

/** Marks a thumbnail's tile. @param {HTMLElement} tile @param {number} id */
export function markSide(tile, id) {
  const side = sides.get(id);
  if (side) tile.dataset.side = side;
  else delete tile.dataset.side;
}

/** @param {import("./state.js").State} state */
export function drawSides(state) {
  const { report, groups, testSet } = state;
  const aside = testSet?.ids ?? [];
  const key = aside.join();
  if ((report && report !== drawn[0]) || key !== drawn[1]) {
    const on = (/** @type {Side} */ side, /** @type {number[]} */ ids) => ids.map((id) => /** @type {[number, Side]} */ ([id, side]));
    const judged = report ?? drawn[0] ?? { images: [], trainIds: [] };
    sides = new Map([...on("validation", judged.images.map(({ id }) => id)), ...on("training", judged.trainIds), ...on("test", aside)]);
    for (const tile of byId("gallery", HTMLElement).querySelectorAll("li[data-image]")) {
      if (tile instanceof HTMLElement) markSide(tile, Number(tile.dataset.image));
    }
    drawn = [report ?? drawn[0], key];
    scheduleDraw();
  }
  byId("sides-legend", HTMLElement).hidden = sides.size === 0 || imageCount(state) === 0;
  byId("test-legend", HTMLElement).hidden = aside.length === 0;
  const note = byId("groups-note", HTMLElement);
  const alike = groups.reduce((sum, group) => sum + group.length, 0);
  note.hidden = alike === 0;
  const where = state.options.split === "hash" ? text.keptTogether : text.maybeApart;
  setText(note, alike === 0 ? "" : fill(where, { nearDuplicates: counted(alike, words.nouns.nearDuplicate), groups: counted(groups.length, words.nouns.group) }));
}
