// The thumbnails of one class. They stand in pages of 60, and only the pages near the screen are filled: ten thousand images cost
// as much as a few hundred. The whole is a list box: one image can be reached by Tab, the others from there by arrow keys;
// each says which of how many it is, though most are not in the document.

import { showImage } from "./dialogs.js";
import { byId, element } from "./elements.js";
import { classOfNumber, moveWith, removeWith, toggle, choose } from "./selection.js";
import { Tile } from "./tile.js";
import { state } from "./state.js";

/** @typedef {import("./state.js").Image} Image */

/** As in style.css. */
export const COLUMNS = 6;
const PAGE = 10 * COLUMNS;
/** Pages are filled that far from the screen. */
const AHEAD = "800px";
/** Of filling them at once: a whole page took two frames. */
const PART_MS = 6;

export class Thumbnails {
  /** @type {Image[]} */
  #images = [];
  /** Tiles with those of images on their way. */
  #total = 0;
  /** @type {{root: HTMLElement, tiles: Tile[], isNear: boolean}[]} */
  #pages = [];
  /** The image that Tab reaches. */
  #active = 0;
  /** Where a range begins. */
  #anchor = 0;
  /** Pages that are being filled; while there are such, that goes on by itself. @type {number[]} */
  #due = [];
  #near = new IntersectionObserver((entries) => this.#onNear(entries), { rootMargin: AHEAD });

  constructor() {
    this.root = element("div", { className: "thumbnail-pages", role: "listbox", ariaMultiSelectable: "true" });
    this.root.addEventListener("click", (event) => this.#onClick(event));
    // Screen readers move the focus by ways of their own.
    this.root.addEventListener("focusin", (event) => this.#setActive(this.#tileOf(event)?.place ?? this.#active));
    this.root.addEventListener("keydown", (event) => this.#onKey(event));
    this.root.addEventListener("dragstart", (event) => this.#tileOf(event)?.onDrag(event));
  }

  /** @param {Image[]} images those to show @param {number} expected tiles for images and those on their way, so that nothing moves when they come */
  draw(images, expected) {
    const hadFocus = this.root.contains(document.activeElement);
    this.#images = images;
    this.#total = Math.max(images.length, expected);
    this.#active = Math.max(0, Math.min(this.#active, images.length - 1));
    this.root.ariaBusy = String(images.length < this.#total);
    const pages = Math.ceil(this.#total / PAGE);
    for (const page of this.#pages.splice(pages)) this.#end(page);
    while (this.#pages.length < pages) {
      const page = { root: element("ul", { role: "presentation", className: "thumbnails" }), tiles: [], isNear: this.#pages.length === 0 };
      this.#pages.push(page);
      this.root.append(page.root);
      this.#near.observe(page.root);
    }
    this.#pages.forEach((_, at) => this.#fill(at));
    if (hadFocus && !this.root.contains(document.activeElement)) this.#focus(this.#active);
  }

  /** Tiles where the page is near the screen or has the image that Tab reaches, else only its height. @param {number} at */
  #fill(at) {
    const page = this.#pages[at];
    const size = this.#sizeOf(at);
    const isFilled = page.isNear || at === Math.floor(this.#active / PAGE);
    page.root.style.setProperty("--rows", String(Math.ceil(size / COLUMNS)));
    for (const tile of page.tiles.splice(isFilled ? size : 0)) tile.remove();
    if (!isFilled) return;
    page.tiles.forEach((tile, of) => this.#show(tile, at * PAGE + of));
    this.#grow(at, Infinity);
  }

  /** Tiles of a page. @param {number} at */
  #sizeOf(at) {
    return Math.min(PAGE, this.#total - at * PAGE);
  }

  /** The tiles that a page lacks. @param {number} at @param {number} until when it is to stop @returns {boolean} whether there are all */
  #grow(at, until) {
    const { root, tiles } = this.#pages[at];
    const size = this.#sizeOf(at);
    while (tiles.length < size) {
      if (performance.now() >= until) return false;
      const tile = new Tile();
      this.#show(tile, at * PAGE + tiles.length);
      tiles.push(tile);
      root.append(tile.root);
    }
    return true;
  }

  /** @param {Tile} tile @param {number} place */
  #show(tile, place) {
    tile.show(this.#images[place], place, this.#images.length, place === this.#active);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #onNear(entries) {
    const goesOn = this.#due.length > 0;
    for (const { target, isIntersecting } of entries) {
      const at = this.#pages.findIndex(({ root }) => root === target);
      if (at < 0) continue;
      this.#pages[at].isNear = isIntersecting;
      if (isIntersecting) this.#due.push(at);
      else this.#fill(at);
    }
    if (!goesOn) this.#fillDue();
  }

  /** A part at a time, so that no frame is late. */
  #fillDue() {
    const until = performance.now() + PART_MS;
    while (this.#due.length > 0 && (!this.#pages[this.#due[0]]?.isNear || this.#grow(this.#due[0], until))) this.#due.shift();
    if (this.#due.length > 0) setTimeout(() => this.#fillDue());
  }

  /** @param {Event} event @returns {Tile | undefined} */
  #tileOf({ target }) {
    const tile = target instanceof Element ? target.closest("li[data-image]") : null;
    return this.#pages.flatMap(({ tiles }) => tiles).find(({ root }) => root === tile);
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const tile = this.#tileOf(event);
    if (!tile?.image) return;
    this.#setActive(tile.place);
    const isPick = event.target instanceof Element && event.target.closest(".pick") !== null;
    if (event.shiftKey) return this.#chooseTo(tile.place);
    this.#anchor = tile.place;
    if (isPick || event.ctrlKey || event.metaKey || state.selected.size > 0) toggle(tile.image.id);
    else this.#open(tile.image);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const image = this.#images[this.#active];
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS, Home: -Infinity, End: Infinity };
    if (!image || event.altKey) return;
    if (event.key in steps) {
      const to = this.#active + steps[/** @type {keyof typeof steps} */ (event.key)];
      this.#focus(Math.min(this.#images.length - 1, Math.max(0, to)));
      if (event.shiftKey) this.#chooseTo(this.#active);
      else this.#anchor = this.#active;
    } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) choose([...state.selected, ...this.#images.map(({ id }) => id)]);
    else if (event.ctrlKey || event.metaKey) return;
    else if (event.key === " ") toggle(image.id);
    else if (event.key === "Enter") this.#open(image);
    else if (event.key === "Delete") void removeWith(image);
    else if (/^[1-9]$/.test(event.key) && classOfNumber(Number(event.key))) void moveWith(image, classOfNumber(Number(event.key)));
    else return;
    event.preventDefault();
  }

  /** From where the range began. @param {number} place */
  #chooseTo(place) {
    const [from, to] = [Math.min(this.#anchor, place), Math.max(this.#anchor, place)];
    choose([...state.selected, ...this.#images.slice(from, to + 1).map(({ id }) => id)]);
  }

  /** @param {Image} image */
  #open(image) {
    showImage(image, () => this.#images.length < 2 && byId("images-heading", HTMLElement).focus());
  }

  /** @param {number} place */
  #setActive(place) {
    const before = Math.floor(this.#active / PAGE);
    this.#tileAt(this.#active)?.setReachable(false);
    this.#active = place;
    this.#tileAt(place)?.setReachable(true);
    const page = before === Math.floor(place / PAGE) ? undefined : this.#pages[before];
    if (page && !page.root.contains(document.activeElement)) this.#fill(before);
  }

  /** @param {number} place */
  #focus(place) {
    if (!this.#images[place]) return byId("images-heading", HTMLElement).focus();
    const before = Math.floor(this.#active / PAGE);
    const at = Math.floor(place / PAGE);
    this.#pages[at].isNear = true;
    this.#grow(at, Infinity);
    this.#setActive(place);
    this.#tileAt(place)?.root.focus();
    if (before !== at && this.#pages[before]) this.#fill(before);
  }

  /** @param {number} place */
  #tileAt(place) {
    return this.#pages[Math.floor(place / PAGE)]?.tiles[place % PAGE];
  }

  /** @param {{root: HTMLElement, tiles: Tile[]}} page */
  #end({ root, tiles }) {
    this.#near.unobserve(root);
    for (const tile of tiles) tile.remove();
    root.remove();
  }

  remove() {
    this.#near.disconnect();
    this.#pages.forEach((page) => this.#end(page));
    this.root.remove();
  }
}
