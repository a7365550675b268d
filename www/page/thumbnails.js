// The thumbnails of one class. They stand in pages of 60, so that the browser lays out only the pages in view, and are
// made for a few milliseconds a frame, so that thousands do not hold the page up. Each is a button; one of them can be
// reached by Tab, the others from there by arrow keys.

import { removeImages } from "./adding.js";
import { showImage } from "./dialogs.js";
import { byId, element } from "./elements.js";
import { markSide } from "./sides.js";
import { state } from "./state.js";

/** @typedef {import("./state.js").Image} Image */

/** As in style.css. */
export const COLUMNS = 6;
const PAGE = 10 * COLUMNS;
/** Time for making thumbnails in one frame. */
const FRAME_MS = 6;

export class Thumbnails {
  constructor() {
    this.root = element("div", { className: "thumbnail-pages" }, element("ul", { className: "thumbnails" }));
    /** @type {Map<number, Thumbnail>} */
    this.byImage = new Map();
    /** @type {HTMLLIElement[]} */
    this.placeholders = [];
    this.root.addEventListener("keydown", (event) => this.moveFocus(event));
  }

  /**
   * @param {Image[]} images those to show
   * @param {number} expected tiles for images and those on their way, so that nothing moves when they come
   * @returns {boolean} true where nothing is left for the next frame
   */
  draw(images, expected) {
    this.removeOthers(images);
    const isComplete = this.append(images);
    this.placeholders.splice(Math.max(0, expected - this.byImage.size)).forEach((tile) => tile.remove());
    while (this.placeholders.length + this.byImage.size < expected) {
      const tile = element("li", { className: "placeholder", ariaHidden: "true" });
      this.placeholders.push(tile);
      this.lastPage().append(tile);
    }
    const buttons = this.buttons();
    if (buttons.length > 0 && !buttons.some((button) => button.tabIndex === 0)) buttons[0].tabIndex = 0;
    return isComplete;
  }

  /** @param {Image[]} images */
  removeOthers(images) {
    const wanted = new Set(images.map((image) => image.id));
    const gone = [...this.byImage].filter(([id]) => !wanted.has(id));
    for (const [id, thumbnail] of gone) {
      thumbnail.remove();
      this.byImage.delete(id);
    }
    if (gone.length > 0) this.closeGaps();
  }

  /** Fills each page up from the next one. */
  closeGaps() {
    for (const page of this.root.children) {
      for (let next = page.nextElementSibling; next && page.children.length < PAGE; next = page.nextElementSibling) {
        if (next.firstElementChild) page.append(next.firstElementChild);
        else next.remove();
      }
    }
  }

  /** @param {Image[]} images @returns {boolean} */
  append(images) {
    const end = performance.now() + FRAME_MS;
    for (const image of images) {
      if (this.byImage.has(image.id)) continue;
      if (performance.now() > end) return false;
      const thumbnail = new Thumbnail(image, () => this.focusBeside(image.id));
      this.byImage.set(image.id, thumbnail);
      const tile = this.placeholders.shift();
      if (tile) tile.replaceWith(thumbnail.root);
      else this.lastPage().append(thumbnail.root);
    }
    return true;
  }

  /** The page that has room. */
  lastPage() {
    const last = this.root.lastElementChild;
    if (last && last.children.length < PAGE) return last;
    const page = element("ul", { className: "thumbnails" });
    this.root.append(page);
    return page;
  }

  buttons() {
    return [...this.byImage.values()].map((thumbnail) => thumbnail.button);
  }

  /** @param {KeyboardEvent} event */
  moveFocus(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS, Home: -Infinity, End: Infinity };
    if (!(event.key in steps)) return;
    const buttons = this.buttons();
    const at = buttons.findIndex((button) => button === document.activeElement);
    if (at < 0) return;
    event.preventDefault();
    const to = at + steps[/** @type {keyof typeof steps} */ (event.key)];
    this.focus(buttons[Math.min(buttons.length - 1, Math.max(0, to))]);
  }

  /** @param {HTMLButtonElement} button */
  focus(button) {
    for (const other of this.buttons()) if (other !== button && other.tabIndex === 0) other.tabIndex = -1;
    button.tabIndex = 0;
    button.focus();
  }

  /** The focus goes on to a neighbour of an image that is about to leave. @param {number} id */
  focusBeside(id) {
    const buttons = this.buttons();
    const at = buttons.findIndex((button) => button === this.byImage.get(id)?.button);
    const next = buttons[at + 1] ?? buttons[at - 1];
    if (next) this.focus(next);
    else byId("images-heading", HTMLElement).focus();
  }

  remove() {
    for (const thumbnail of this.byImage.values()) thumbnail.remove();
    this.root.remove();
  }
}

class Thumbnail {
  /** @param {Image} image @param {() => void} focusBeside */
  constructor(image, focusBeside) {
    this.url = URL.createObjectURL(image.thumbnail);
    const picture = element("img", { alt: image.name, loading: "lazy", decoding: "async", width: 112, height: 112, src: this.url });
    this.button = element("button", { type: "button", title: image.name, tabIndex: -1 }, picture);
    this.root = element("li", {}, this.button);
    this.root.dataset.image = String(image.id);
    markSide(this.root, image.id);
    this.button.addEventListener("click", () => showImage(image, focusBeside));
    this.button.addEventListener("keydown", (event) => {
      if (event.key !== "Delete" || state.job) return;
      focusBeside();
      void removeImages([image]);
    });
  }

  remove() {
    URL.revokeObjectURL(this.url);
    this.root.remove();
  }
}
