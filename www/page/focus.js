// The keyboard's place on the page. What has the focus may be hidden, disabled or gone when the page is drawn anew; the browser
// would then put it nowhere. It goes to what stands around it, and back as soon as that can have it again.

import { byId } from "./elements.js";

/** What has the focus, or had it when it could not keep it. @type {HTMLElement | null} */
let last = null;
/** From the inside out, as they were then. @type {HTMLElement[]} */
let around = [];
/** What had it before a dialog opened. @type {{last: HTMLElement, around: HTMLElement[]} | null} */
let opener = null;
/** Who has lost it, and who has it meanwhile. @type {{from: HTMLElement, around: HTMLElement[], at: HTMLElement} | null} */
let lent = null;

const OUT_OF_USE = ":disabled, [hidden] *, [hidden], dialog:not([open]) *, details:not([open]) > :not(summary), details:not([open]) > :not(summary) *";

/** @param {Element} element */
const isUsable = (element) => element.isConnected && !element.matches(OUT_OF_USE);

export function wireFocus() {
  byId("dock", HTMLElement).tabIndex = -1;
  document.addEventListener("focusin", ({ target }) => target instanceof HTMLElement && remember(target));
  document.addEventListener("focusout", ({ target }) => requestAnimationFrame(() => {
    keepFocus();
    // Who presses beside everything wants it nowhere.
    if (target === last && document.activeElement === document.body) last = lent = null;
  }));
  document.addEventListener("close", () => requestAnimationFrame(keepFocus), true);
}

/** @param {HTMLElement} target */
function remember(target) {
  const dialog = target.closest("dialog");
  if (!dialog) opener = null;
  else if (last && !last.closest("dialog")) opener = { last, around };
  if (target !== lent?.at) lent = null;
  [last, around] = [target, ancestorsOf(target)];
}

/** @param {HTMLElement} element */
function ancestorsOf(element) {
  const found = [];
  for (let parent = element.parentElement; parent && parent !== document.body; parent = parent.parentElement) found.push(parent);
  return found;
}

/** After each draw. */
export function keepFocus() {
  const focus = document.activeElement;
  if (lent && focus === lent.at && isUsable(focus)) return giveBack(lent);
  if (!last || isUsable(last) || (focus !== last && focus !== document.body)) return;
  const lost = opener && last.closest("dialog:not([open])") ? opener : { last, around };
  lend(lost.last, lost.around);
}

/** @param {{from: HTMLElement, around: HTMLElement[], at: HTMLElement}} loan */
function giveBack({ from, around: places, at }) {
  if (isUsable(from)) put(from);
  else if (!at.matches("button")) lend(from, places);
}

/** @param {HTMLElement} from @param {HTMLElement[]} places */
function lend(from, places) {
  const dialog = document.querySelector("dialog[open]");
  const at = dialog && !places.some((place) => place === dialog) ? dialog.querySelector("h3") : placeIn(places);
  if (!at || at === document.activeElement) return;
  lent = { from, around: places, at };
  put(at);
}

/** @param {HTMLElement} element */
function put(element) {
  // A heading can have it, but not by Tab.
  if (element.matches("h1, h2, h3") && !element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus();
}

/** The button beside it, else the heading of the part around it. @param {HTMLElement[]} places */
function placeIn(places) {
  for (const [at, place] of places.entries()) {
    if (!isUsable(place)) continue;
    const isDock = place.matches(".dock");
    const beside = at === 0 || isDock ? buttonOf(place.querySelector(":scope > .dock-row") ?? place) : undefined;
    const found = beside ?? (isDock ? place : place.querySelector(":scope > h2, :scope > h3, :scope > summary"));
    if (found instanceof HTMLElement && isUsable(found)) return found;
  }
  return byId("images-heading", HTMLElement);
}

/** @param {HTMLElement} place */
const buttonOf = (place) => [...place.querySelectorAll("button")].find(isUsable);
