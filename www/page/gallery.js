// The images by class: a few of each at first, all on request. A class is renamed in its title.

import { openCapture } from "./capture.js";
import { swatch } from "./class_colours.js";
import { ask } from "./dialogs.js";
import { giveName, removeClass } from "./edits.js";
import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { loaded } from "./loaded.js";
import { DRAGGED, moveWith } from "./selection.js";
import { change, scheduleDraw, state } from "./state.js";
import { COLUMNS, Thumbnails } from "./thumbnails.js";
import { draggedImage } from "./tile.js";
import { counted, fill } from "./words.js";

/** @typedef {import("./state.js").ImageClass} ImageClass */

const text = words.gallery;
const isPhone = matchMedia("(max-width: 59.99rem)");
/** Images of a class that are shown at first: a row on a phone, two elsewhere. */
const few = () => (isPhone.matches ? COLUMNS : 2 * COLUMNS);

/** Classes that one draw makes room for, and one stretch of it: a thousand at once took more than a second. */
const [NEW_IN_DRAW, NEW_AT_ONCE] = [40, 2];
/** Those of the draw that is under way. */
let made = 0;

/** @type {Map<ImageClass, ClassView>} */
const views = new Map();

/** @param {import("./state.js").State} state @returns {boolean} whether there is more to draw */
export function drawGallery({ classes, job }) {
  const gallery = byId("gallery", HTMLElement);
  const groups = new Set(classes.values());
  for (const [group, view] of views) {
    if (groups.has(group)) continue;
    view.remove();
    views.delete(group);
  }
  /** @type {Element | null} */
  let before = null;
  const most = Math.min(made + NEW_AT_ONCE, NEW_IN_DRAW);
  let isWhole = true;
  for (const group of groups) {
    const known = views.get(group);
    isWhole = known !== undefined || made < most;
    if (!isWhole) break;
    if (!known) made++;
    const view = known ?? new ClassView(group);
    views.set(group, view);
    /** @type {Element | null} */
    const place = before ? before.nextElementSibling : gallery.firstElementChild;
    if (place !== view.root) gallery.insertBefore(view.root, place);
    before = view.root;
    view.draw(job !== null);
  }
  drawNames([...classes.keys()]);
  if (!isWhole && made < NEW_IN_DRAW) return true;
  made = 0;
  if (!isWhole) scheduleDraw();
  return false;
}

/** The known classes, offered where a class is to be named. @param {string[]} names */
function drawNames(names) {
  const list = byId("class-names", HTMLDataListElement);
  const isSame = list.options.length === names.length && names.every((name, at) => list.options[at].value === name);
  if (!isSame) list.replaceChildren(...names.map((value) => element("option", { value })));
}

class ClassView {
  /** @param {ImageClass} group */
  constructor(group) {
    this.group = group;
    this.drawnVersion = -1;
    this.isRenaming = false;
    this.thumbnails = new Thumbnails();
    this.name = element("input", { type: "text", className: "class-name", ariaLabel: text.className, maxLength: 300, autocomplete: "off" });
    this.count = element("span", { className: "class-count" });
    this.removal = element("button", { type: "button", className: "button small quiet" }, text.remove);
    this.more = element("button", { type: "button", className: "link" });
    this.camera = element("button", { type: "button", className: "button small quiet" }, text.camera);
    this.colour = element("button", { type: "button", className: "class-colour" });
    const head = element("div", { className: "class-head" }, this.colour, this.name, this.count, this.camera, this.removal);
    this.root = element("section", { className: "class" }, head, this.thumbnails.root, this.more);
    this.wire();
    this.wireDrop();
  }

  wire() {
    this.name.addEventListener("change", () => void this.rename());
    this.name.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.name.value = this.group.label;
      if (event.key !== "Enter") return;
      // Else the same key press would answer the question that may follow.
      event.preventDefault();
      void this.rename();
    });
    this.colour.addEventListener("click", () => void loaded(() => import("./colour_choice.js"), ({ chooseColour }) => chooseColour(this.group.label)));
    this.camera.addEventListener("click", () => openCapture(this.group.label));
    this.removal.addEventListener("click", () => void this.askRemoval());
    this.more.addEventListener("click", () => change(() => {
      this.group.expanded = !this.group.expanded;
      this.group.version++;
    }));
  }

  /** Images of other classes can be dropped on this one. */
  wireDrop() {
    const { root } = this;
    const has = (/** @type {DragEvent} */ { dataTransfer }) => dataTransfer?.types.includes(DRAGGED) ?? false;
    root.addEventListener("dragover", (event) => {
      if (!has(event)) return;
      event.preventDefault();
      root.classList.add("over-class");
    });
    root.addEventListener("dragleave", (event) => event.relatedTarget instanceof Node && root.contains(event.relatedTarget) || root.classList.remove("over-class"));
    root.addEventListener("drop", (event) => {
      root.classList.remove("over-class");
      if (!has(event)) return;
      event.preventDefault();
      void moveWith(draggedImage(), this.group.label);
    });
  }

  /** @param {boolean} isBusy */
  draw(isBusy) {
    this.name.disabled = this.removal.disabled = isBusy;
    if (this.drawnVersion === this.group.version) return;
    const { label, images, expected, expanded } = this.group;
    if (this.name !== document.activeElement) this.name.value = label;
    this.name.title = label;
    this.root.ariaLabel = label;
    this.colour.ariaLabel = this.colour.title = fill(text.colourOf, { label });
    this.colour.replaceChildren(swatch(label));
    this.camera.ariaLabel = fill(text.cameraFor, { label });
    this.removal.ariaLabel = fill(text.removeClass, { label });
    const total = images.length + expected;
    const all = counted(total, words.nouns.image);
    setText(this.count, expected > 0 ? fill(text.partly, { here: images.length, images: total }) : all);
    this.count.classList.toggle("lacking", expected === 0 && images.length < 2);
    this.thumbnails.root.ariaLabel = fill(text.imagesOf, { label });
    this.thumbnails.draw(expanded ? images : images.slice(0, few()), Math.min(total, few()));
    this.more.hidden = total <= few();
    this.more.ariaExpanded = String(expanded);
    setText(this.more, expanded ? text.showFewer : fill(text.showAll, { images: all }));
    this.drawnVersion = this.group.version;
  }

  async rename() {
    const { label } = this.group;
    const wanted = this.name.value.trim().normalize("NFC");
    if (this.isRenaming) return; // a question takes the focus from the field, which is a change
    this.isRenaming = true;
    const isWanted = wanted && wanted !== label && !state.job && (!state.classes.has(wanted) || (await this.mayMerge(wanted)));
    const other = isWanted ? state.classes.get(wanted) : undefined;
    if (isWanted) await giveName(label, wanted);
    this.name.value = this.group.label;
    if (other && !state.classes.has(label)) views.get(other)?.name.focus();
    this.isRenaming = false;
  }

  /** @param {string} label */
  async mayMerge(label) {
    return (await ask({ title: text.mergeTitle, text: fill(text.mergeText, { label }), yes: text.merge })) !== null;
  }

  async askRemoval() {
    const { label, images } = this.group;
    const what = fill(text.removalText, { images: counted(images.length, words.nouns.image) });
    const answer = await ask({ title: fill(text.removalTitle, { label }), text: what, yes: text.remove, danger: true });
    if (answer === null) return;
    byId("images-heading", HTMLElement).focus();
    await removeClass(label);
  }

  remove() {
    this.thumbnails.remove();
    this.root.remove();
  }
}
