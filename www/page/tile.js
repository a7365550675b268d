// One thumbnail: an image, or the place of one that is on its way. Its picture is text only while it is shown.

import { element } from "./elements.js";
import { DRAGGED, markChosen } from "./selection.js";
import { markSide } from "./sides.js";
import { state } from "./state.js";
import { hasPicture, thumbnailUrl } from "./told_image.js";

/** @typedef {import("./state.js").Image} Image */

/** The image that is dragged. @type {Image | undefined} */
let dragged;
export const draggedImage = () => dragged;

export class Tile {
  place = 0;
  /** @type {Image | undefined} */
  image;
  #picture = element("img", { decoding: "async", width: 112, height: 112, draggable: false });

  constructor() {
    this.root = element("li", { className: "placeholder", role: "presentation" });
  }

  /** @param {Image | undefined} image @param {number} place counted from 0 @param {number} of so many @param {boolean} isReachable by Tab */
  show(image, place, of, isReachable) {
    this.place = place;
    if (image !== this.image) this.#take(image);
    if (!image) return;
    this.root.ariaPosInSet = String(place + 1);
    this.root.ariaSetSize = String(of);
    this.setReachable(isReachable);
    markSide(this.root, image.id);
    markChosen(this.root, image.id);
  }

  /** @param {boolean} isReachable */
  setReachable(isReachable) {
    this.root.tabIndex = isReachable ? 0 : -1;
  }

  /** @param {DragEvent} event */
  onDrag(event) {
    if (!event.dataTransfer || state.job) return event.preventDefault();
    dragged = this.image;
    event.dataTransfer.setData(DRAGGED, String(this.image?.id)); // not without data: it would not start
    event.dataTransfer.effectAllowed = "move";
  }

  /** @param {Image | undefined} image */
  #take(image) {
    this.image = image;
    const { root } = this;
    if (!image) {
      root.replaceChildren();
      root.className = "placeholder";
      root.role = "presentation";
      root.removeAttribute("tabindex");
      delete root.dataset.image;
      delete root.dataset.side;
      return;
    }
    if (hasPicture(image)) Object.assign(this.#picture, { alt: image.name, src: thumbnailUrl(image) });
    Object.assign(root, { className: "", role: "option", title: image.name, draggable: true });
    root.dataset.image = String(image.id);
    const face = hasPicture(image) ? this.#picture : element("span", { className: "name-only" }, image.name);
    if (face !== root.firstElementChild) root.replaceChildren(face, element("span", { className: "pick", ariaHidden: "true" }));
  }

  remove() {
    this.root.remove();
  }
}
