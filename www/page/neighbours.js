// The images that one is most like, as a row of thumbnails: the fastest way to see why it was taken for something.

import { element } from "./elements.js";
import { words } from "./language.js";
import { described, isAbort } from "./problems.js";
import { currentTrainer } from "./session.js";
import { imagesById, state } from "./state.js";
import { thumbnailUrl } from "./told_image.js";

/** @typedef {import("./state.js").Image} Image */

const SHOWN = 6;

/** A place for neighbours. @param {string} title @param {(image: Image) => void} onOpen one was chosen */
export function makeNeighbours(title, onOpen) {
  const hint = element("p", { className: "hint", role: "status" });
  const list = element("ul", { className: "neighbours-list" });
  const root = element("div", { className: "neighbours" }, element("p", { className: "neighbours-title" }, title), list, hint);
  root.dataset.testid = "neighbours";
  /** Of the last call: a slower one before it shows nothing. */
  let current = 0;

  function clear() {
    current++;
    list.replaceChildren();
    hint.textContent = "";
  }

  /** @param {number | File} picture @param {string} [label] what they are expected to be */
  async function show(picture, label) {
    clear();
    const mine = current;
    const trainer = currentTrainer();
    if (!trainer || state.job) return void (hint.textContent = words.neighbours.busy);
    try {
      const found = await trainer.insight.neighbours(picture, { count: SHOWN });
      if (mine !== current) return;
      const images = imagesById(state);
      const known = found.flatMap(({ id, similarity }) => {
        const image = images.get(id);
        return image ? [{ image, similarity }] : [];
      });
      list.replaceChildren(...known.map(({ image, similarity }) => item(image, similarity, label)));
      if (known.length === 0) hint.textContent = words.neighbours.alone;
    } catch (error) {
      if (mine === current && !isAbort(error)) hint.textContent = described(error).message;
    }
  }

  /** @param {Image} image @param {number} similarity @param {string} [label] */
  function item(image, similarity, label) {
    const src = thumbnailUrl(image);
    const alike = similarity.toFixed(2);
    const name = element("span", { className: label === undefined || label === image.label ? "" : "other" }, image.label);
    const button = element("button", { type: "button", title: image.name }, element("img", { src, alt: image.name }), name, element("span", { className: "alike" }, alike));
    button.addEventListener("click", () => onOpen(image));
    return element("li", {}, button);
  }

  return { root, show, clear };
}
