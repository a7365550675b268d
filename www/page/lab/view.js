// The BatchNorm lab as the second view of the page, on the same images: which of the two is open. What it shows comes with its
// first opening.

import { byId } from "../elements.js";
import { words } from "../language.js";
import { dismiss, report } from "../problems.js";
import { change, scheduleDraw } from "../state.js";

/** @typedef {import("../state.js").State} State */

/** @type {typeof import("./lab.js") | undefined} */
let lab;
let isAsked = false;

export function wireLab() {
  addEventListener("hashchange", followHash);
  followHash();
}

/** The address says which view is open, so that Back works and a link leads into the lab. */
function followHash() {
  isAsked = false;
  dismiss("lab-view");
  change((s) => (s.lab.isOpen = location.hash === "#lab"));
}

/** @param {State} state */
export function drawLab(state) {
  const { isOpen } = state.lab;
  byId("train-view", HTMLElement).hidden = isOpen;
  byId("lab", HTMLElement).hidden = !isOpen;
  for (const [id, isCurrent] of /** @type {[string, boolean][]} */ ([["view-train", !isOpen], ["view-lab", isOpen]])) {
    const link = byId(id, HTMLAnchorElement);
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!isOpen) return;
  if (lab) lab.drawOpenLab(state);
  else if (!isAsked) void load();
}

async function load() {
  isAsked = true;
  try {
    const parts = await import("./lab.js");
    if (!lab) parts.fillLab();
    lab = parts;
    scheduleDraw();
  } catch {
    report("lab-view", words.lab_view.notLoaded);
  }
}
