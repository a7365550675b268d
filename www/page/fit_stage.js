// A picture with the part of it marked that the network sees, and beside it exactly what goes in. The mark is a square that can be
// drawn and sized by pointer and by keys, where a part is to be chosen.

import { element, setText } from "./elements.js";
import { words } from "./language.js";
import { described, isAbort } from "./problems.js";
import { currentTrainer } from "./session.js";
import { fill, percent } from "./words.js";

/** @typedef {import("../shared/image_fit.js").ImageFit} ImageFit */
/** @typedef {import("../shared/image_fit.js").Region} Region */
/** `width`, `height`: of the upright picture, px. @typedef {{source: number | File, file: Blob, width: number, height: number}} Picture */

const text = words.fit;
/** Of the shorter side: a step of the arrow keys, and of plus and minus. */
const [MOVE, GROW, LEAST] = [0.02, 0.05, 0.05];
/** Of the shorter side, where a part is chosen first. */
const FIRST = 0.7;

/** `onChange` hears of the part that was chosen. @param {(region: Region) => void} onChange */
export function makeStage(onChange) {
  const whole = element("img", { alt: "", draggable: false });
  const mark = element("div", { className: "fit-mark" });
  const stage = element("div", { className: "fit-stage" }, whole, mark);
  const seen = element("canvas", { className: "fit-seen", role: "img", ariaLabel: text.seen });
  const size = element("figcaption", { className: "hint" });
  const keys = element("p", { className: "hint", hidden: true, id: `fit-keys-${++stages}` }, text.keys);
  const note = element("p", { className: "hint", role: "status" });
  const root = element("div", { className: "fit-views" },
    element("figure", {}, stage, element("figcaption", { className: "hint" }, text.picture)), element("figure", {}, seen, size), keys, note);
  mark.setAttribute("aria-describedby", keys.id);
  /** @type {Picture | null} */
  let picture = null;
  /** @type {ImageFit} */
  let fit = "crop";
  /** In pixels of the picture. */
  let square = { x: 0, y: 0, side: 1 };
  let isLooking = false;

  /** @param {Picture} of @param {ImageFit} as */
  function show(of, as) {
    clear();
    picture = of;
    whole.src = URL.createObjectURL(of.file);
    stage.style.setProperty("--ratio", String(of.width / of.height));
    set(as);
  }

  function clear() {
    if (whole.src) URL.revokeObjectURL(whole.src);
    whole.removeAttribute("src");
    picture = null;
    setText(note, "");
  }

  /** @param {ImageFit} as */
  function set(as) {
    fit = as;
    const canMove = typeof as !== "string";
    if (canMove && picture) square = squareOf(as, picture);
    mark.toggleAttribute("data-movable", canMove);
    keys.hidden = !canMove;
    if (canMove) Object.assign(mark, { role: "slider", tabIndex: 0, ariaLabel: text.mark, ariaValueMin: "0", ariaValueMax: "100" });
    else for (const name of ["role", "tabindex", "aria-label", "aria-valuemin", "aria-valuemax", "aria-valuenow", "aria-valuetext"]) mark.removeAttribute(name);
    if (canMove) tell(as);
    void look();
  }

  /** The square of now as a fit, inside the picture. @param {{x: number, y: number, side: number}} next */
  function move({ x, y, side }) {
    if (!picture) return;
    const { width, height } = picture;
    const most = Math.min(width, height);
    const length = Math.round(Math.min(most, Math.max(most * LEAST, 8, side)));
    const within = (/** @type {number} */ at, /** @type {number} */ room) => Math.round(Math.min(room - length, Math.max(0, at)));
    square = { x: within(x, width), y: within(y, height), side: Math.min(length, most) };
    const region = { left: square.x / width, top: square.y / height, width: square.side / width, height: square.side / height };
    fit = region;
    tell(region);
    onChange(region);
    void look();
  }

  /** @param {Region} region */
  function tell(region) {
    place(region);
    const size = Math.max(region.width, region.height);
    mark.ariaValueNow = String(Math.round(size * 100));
    mark.ariaValueText = fill(text.value, { left: percent(region.left), top: percent(region.top), size: percent(size) });
  }

  /** @param {Region} region */
  function place({ left, top, width, height }) {
    for (const [name, share] of Object.entries({ left, top, width, height })) mark.style.setProperty(`--${name}`, `${(share * 100).toFixed(3)}%`);
  }

  /** The pixels of what is chosen now: one look at a time, the last one last. */
  async function look() {
    const trainer = currentTrainer();
    if (isLooking || !picture || !trainer) return;
    isLooking = true;
    const [mine, as] = [picture, fit];
    try {
      const found = await trainer.seen(mine.source, { fit: as });
      if (mine === picture) {
        paint(seen, found);
        if (typeof as === "string" && as === fit) place(found.shown);
        setText(size, fill(text.exactly, { side: String(found.side) }));
        setText(note, "");
      }
    } catch (error) {
      if (mine === picture && !isAbort(error)) setText(note, described(error).message);
    }
    isLooking = false;
    if (picture && (mine !== picture || as !== fit)) void look();
  }

  wireKeys(mark, () => (typeof fit === "string" || !picture ? null : { ...square, step: Math.min(picture.width, picture.height) }), move);
  wirePointer(stage, mark, () => (typeof fit === "string" || !picture ? null : { ...square, scale: picture.width / stage.clientWidth }), move);
  return { root, show, clear, set, start: () => (picture ? startOf(picture) : { left: 0, top: 0, width: 1, height: 1 }) };
}

let stages = 0;

/** @param {Region} region @param {Picture} picture */
function squareOf({ left, top, width, height }, picture) {
  const side = Math.round(Math.min(width * picture.width, height * picture.height));
  return { x: Math.round(left * picture.width), y: Math.round(top * picture.height), side };
}

/** In the middle. @param {Picture} picture @returns {Region} */
function startOf({ width, height }) {
  const side = Math.round(Math.min(width, height) * FIRST);
  const [x, y] = [width, height].map((length) => Math.round((length - side) / 2));
  return { left: x / width, top: y / height, width: side / width, height: side / height };
}

/** @typedef {{x: number, y: number, side: number}} Square */

/** @param {HTMLElement} mark @param {() => (Square & {step: number}) | null} now @param {(next: Square) => void} move */
function wireKeys(mark, now, move) {
  mark.addEventListener("keydown", (event) => {
    const at = now();
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    const by = event.shiftKey && event.key.startsWith("Arrow") ? 1 : Math.max(1, Math.round(at.step * MOVE));
    const grown = Math.max(2, 2 * Math.round((at.step * GROW) / 2));
    const [dx, dy, more] = /** @type {Record<string, [number, number, number]>} */ ({
      ArrowLeft: [-by, 0, 0], ArrowRight: [by, 0, 0], ArrowUp: [0, -by, 0], ArrowDown: [0, by, 0], "+": [0, 0, grown], "=": [0, 0, grown], "-": [0, 0, -grown], "−": [0, 0, -grown],
    })[event.key] ?? [0, 0, 0];
    if (dx === 0 && dy === 0 && more === 0) return;
    event.preventDefault();
    event.stopPropagation();
    move({ x: at.x + dx - more / 2, y: at.y + dy - more / 2, side: at.side + more });
  });
}

/** The square is drawn along, or sized at its corner; elsewhere on the picture it jumps there.
 * @param {HTMLElement} stage @param {HTMLElement} mark @param {() => (Square & {scale: number}) | null} now @param {(next: Square) => void} move
 */
function wirePointer(stage, mark, now, move) {
  const corner = element("span", { className: "fit-corner", ariaHidden: "true" });
  mark.append(corner);
  stage.addEventListener("pointerdown", (event) => {
    const start = now();
    if (!start || event.button !== 0) return;
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    const isInside = event.target instanceof Node && mark.contains(event.target);
    const from = isInside ? start : { ...start, x: (event.clientX - box.left) * start.scale - start.side / 2, y: (event.clientY - box.top) * start.scale - start.side / 2 };
    if (!isInside) move(from);
    const isSizing = event.target === corner;
    stage.setPointerCapture(event.pointerId);
    mark.focus({ preventScroll: true });
    const onMove = (/** @type {PointerEvent} */ { clientX, clientY }) => {
      const [dx, dy] = [(clientX - event.clientX) * start.scale, (clientY - event.clientY) * start.scale];
      move(isSizing ? { ...from, side: from.side + Math.max(dx, dy) } : { ...from, x: from.x + dx, y: from.y + dy });
    };
    const end = () => stage.removeEventListener("pointermove", onMove);
    stage.addEventListener("pointermove", onMove);
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) stage.addEventListener(name, end, { once: true });
  });
}

/** For an `img`, without a request. @param {import("../shared/image_fit.js").Seen} seen */
export function pictureUrl(seen) {
  const canvas = element("canvas");
  paint(canvas, seen);
  return canvas.toDataURL();
}

/** @param {HTMLCanvasElement} canvas @param {import("../shared/image_fit.js").Seen} seen */
function paint(canvas, { pixels, side }) {
  Object.assign(canvas, { width: side, height: side });
  const image = new ImageData(side, side);
  for (let at = 0; at < side * side; at++) {
    image.data.set(pixels.subarray(3 * at, 3 * at + 3), 4 * at);
    image.data[4 * at + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}
