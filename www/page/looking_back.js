// The report's last three parts, made once: how far probabilities can be believed, whether more photos would help, and which
// labels to doubt. reliability.js, learning.js and review.js fill them.

import { byId, element, scroller } from "./elements.js";
import { words } from "./language.js";

const text = words.looking_back;

export function makeLookingBack() {
  byId("export", HTMLElement).parentElement?.before(reliability(), learning(), review());
}

function reliability() {
  const caption = element("caption", { className: "visually-hidden" }, text.reliabilityCaption);
  const { said, right, images } = text.columns;
  const head = [said, right, images].map((name) => element("th", { scope: "col", className: "number" }, name));
  const table = element("table", {}, caption, element("thead", {}, element("tr", {}, ...head)), element("tbody", { id: "reliability-rows" }));
  return part("reliability", "", [
    element("h3", {}, text.reliabilityTitle),
    element("p", { className: "hint", id: "reliability-words" }),
    element("div", { className: "matrix" }, element("canvas", { id: "reliability-canvas", role: "img" })),
    element("p", { className: "hint" }, text.reliabilityAbout),
    fold(text.reliabilityTable, scroller(text.reliabilityRegion, table)),
  ]);
}

function learning() {
  const list = element("ol", { className: "lanes learning-list", id: "learning-list" });
  return part("learning", "review", [element("h3", {}, text.learningTitle), status("learning-words"), list, button("learning-start", text.learningStart)]);
}

function review() {
  const surprises = element("ul", { className: "review-list", id: "surprises" });
  surprises.dataset.testid = "surprises";
  return part("review", "review", [
    element("h3", { id: "review-heading", tabIndex: -1 }, text.reviewTitle),
    status("review-words"),
    button("review-start", text.reviewStart),
    element("ul", { className: "review-list", id: "review-list" }),
    fold(text.surprises, surprises),
  ]);
}

/** @param {string} testId @param {string} className @param {HTMLElement[]} children */
function part(testId, className, children) {
  const made = element("div", { className }, ...children);
  made.dataset.testid = testId;
  return made;
}

/** Words that a screen reader hears when they change. @param {string} id */
const status = (id) => element("p", { className: "hint", id, role: "status" });

/** @param {string} summary @param {HTMLElement} inside */
const fold = (summary, inside) => element("details", { className: "fold" }, element("summary", {}, summary), inside);

/** @param {string} id @param {string} name */
function button(id, name) {
  const made = element("button", { type: "button", className: "button", id }, name);
  made.dataset.testid = id;
  return made;
}
