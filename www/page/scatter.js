// Points on a canvas that can be looked at one by one: under the pointer, or by the arrow keys from one to the next. Knows no
// images: whoever makes it says what is shown of a point.

import { inks, repaint, sized } from "./canvas.js";
import { element } from "./elements.js";
import { words } from "./language.js";
import { drawMark } from "./map_marks.js";
import { fill } from "./words.js";

/** `isRinged`: to be noticed. @typedef {{id: number, at: [number, number], label: string, isRinged: boolean}} Point */
/** What a scatter is made of. `about`: shown beside a point, and told of it; `thumbnail`: an address. `onOpen`: it was clicked, or Enter pressed on it.
 * @typedef {{about: (point: Point) => {thumbnail: string, name: string, words: string} | null, onOpen: (point: Point) => void}} Teller
 */

const said = words.scatter;
const PAD = 18;
const MOST_HEIGHT = 460;
/** How far from a point the pointer still means it, px. */
const REACH = 16;
/** @type {Record<string, [number, number]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Scatter {
  /** @type {Point[]} */
  #points = [];
  /** In pixels, as `#points`. @type {[number, number][]} */
  #places = [];
  /** @type {(target: Element) => Map<string, import("./map_marks.js").Mark>} */
  #marks = () => new Map();
  #current = -1;
  /** Where the keys go on, after a dialog or the pointer. */
  #last = 0;
  /** @type {Teller} */
  #teller;
  #told = element("p", { className: "visually-hidden", role: "status" });
  #tipImage = element("img", { alt: "", width: 64, height: 64 });
  #tipWords = element("span", { className: "map-tip-words" });
  #tip = element("div", { className: "map-tip", hidden: true, ariaHidden: "true" }, this.#tipImage, this.#tipWords);

  /** @param {string} name for people who don't see it @param {Teller} teller */
  constructor(name, teller) {
    this.#teller = teller;
    this.canvas = element("canvas", { role: "img", ariaLabel: name });
    this.plot = element("div", { className: "map-plot", tabIndex: 0, role: "application", ariaLabel: fill(said.keys, { name }) }, this.canvas, this.#tip);
    this.root = element("div", {}, this.plot, this.#told);
    repaint(this.plot, () => this.paint());
    this.plot.addEventListener("pointermove", (event) => this.#show(this.#nearestTo([event.offsetX, event.offsetY]), false));
    this.plot.addEventListener("pointerleave", () => this.#show(-1, false));
    this.plot.addEventListener("blur", () => this.#show(-1, false));
    this.plot.addEventListener("click", (event) => this.#open(this.#nearestTo([event.offsetX, event.offsetY])));
    this.plot.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** @param {Point[]} points @param {(target: Element) => Map<string, import("./map_marks.js").Mark>} marks */
  show(points, marks) {
    this.#points = points;
    this.#marks = marks;
    this.#last = 0;
    this.#show(-1, false);
    this.paint();
  }

  paint() {
    const width = this.plot.clientWidth;
    const height = Math.round(Math.min(MOST_HEIGHT, Math.max(260, width * 0.8)));
    const context = sized(this.canvas, width, height);
    if (!context || this.#points.length === 0) return;
    this.#places = placed(this.#points, width, height);
    const marks = this.#marks(this.canvas);
    const { text } = inks(this.canvas);
    const radius = this.#points.length > 600 ? 3.5 : 5;
    context.globalAlpha = 0.85;
    this.#points.forEach(({ label }, at) => {
      const mark = marks.get(label);
      if (mark) drawMark(context, mark, this.#places[at], radius);
    });
    context.globalAlpha = 1;
    context.strokeStyle = text;
    context.lineWidth = 1.75;
    this.#points.forEach(({ isRinged }, at) => isRinged && ring(context, this.#places[at], radius + 4));
    if (this.#current < 0) return;
    const mark = marks.get(this.#points[this.#current].label);
    if (mark) drawMark(context, mark, this.#places[this.#current], radius * 1.7);
    context.lineWidth = 2.5;
    ring(context, this.#places[this.#current], radius * 1.7 + 5);
  }

  /** @param {[number, number]} place */
  #nearestTo([x, y]) {
    const far = this.#places.map(([px, py]) => Math.hypot(px - x, py - y));
    const least = Math.min(...far);
    return least <= REACH ? far.indexOf(least) : -1;
  }

  /** @param {number} at @param {boolean} isTold aloud */
  #show(at, isTold) {
    if (at === this.#current) return;
    this.#current = at;
    if (at >= 0) this.#last = at;
    this.paint();
    const about = at < 0 ? null : this.#teller.about(this.#points[at]);
    this.#tip.hidden = !about;
    this.plot.classList.toggle("on-point", about !== null);
    if (!about) return;
    this.#tipImage.src = about.thumbnail;
    this.#tipWords.replaceChildren(element("b", { className: "elide" }, about.name), element("span", { className: "wrap" }, about.words));
    if (isTold) this.#told.textContent = fill(said.told, { name: about.name, about: about.words });
    const [x, y] = this.#places[at];
    const { width, height } = this.#tip.getBoundingClientRect();
    const left = Math.min(this.plot.clientWidth - width, Math.max(0, x - width / 2));
    const top = y > height + 20 ? y - height - 14 : y + 14;
    Object.assign(this.#tip.style, { left: `${left}px`, top: `${top}px` });
  }

  /** @param {number} at */
  #open(at) {
    if (at >= 0) this.#teller.onOpen(this.#points[at]);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#points.length === 0) return;
    const way = WAYS[event.key];
    if (way) this.#show(this.#current < 0 ? this.#last : this.#towards(way), true);
    else if (event.key === "Home" || event.key === "End") this.#show(event.key === "Home" ? 0 : this.#points.length - 1, true);
    else if (event.key === "Enter" || event.key === " ") this.#open(this.#current);
    else if (event.key === "Escape" && this.#current >= 0) this.#show(-1, false);
    else return;
    event.preventDefault();
  }

  /** The next point that way: near, and rather straight ahead than aside. @param {[number, number]} way */
  #towards([dx, dy]) {
    const [x, y] = this.#places[this.#current];
    let [best, least] = [this.#current, Infinity];
    this.#places.forEach(([px, py], at) => {
      const ahead = (px - x) * dx + (py - y) * dy;
      const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      if (ahead > 0.5 && ahead + 2 * aside < least) [best, least] = [at, ahead + 2 * aside];
    });
    return best;
  }
}

/** @param {CanvasRenderingContext2D} context @param {[number, number]} place @param {number} radius */
function ring(context, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}

/** From the plane to pixels, the same scale on both axes. @param {Point[]} points @param {number} width @param {number} height @returns {[number, number][]} */
function placed(points, width, height) {
  const spread = (/** @type {0 | 1} */ axis) => {
    const values = points.map(({ at }) => at[axis]);
    const low = Math.min(...values);
    return { low, span: Math.max(...values) - low || 1 };
  };
  const [x, y] = [spread(0), spread(1)];
  const scale = Math.min((width - 2 * PAD) / x.span, (height - 2 * PAD) / y.span);
  const [left, top] = [(width - x.span * scale) / 2, (height - y.span * scale) / 2];
  // Upwards is more, as on paper.
  return points.map(({ at }) => [left + (at[0] - x.low) * scale, height - top - (at[1] - y.low) * scale]);
}
