// The report's last three parts, made once: how far probabilities can be believed, whether more photos would help, and which
// labels to doubt. reliability.js, learning.js and review.js fill them.

import { byId, element, scroller } from "./elements.js";

export function makeLookingBack() {
  byId("export", HTMLElement).parentElement?.before(reliability(), learning(), review());
}

function reliability() {
  const caption = element("caption", { className: "visually-hidden" }, "How sure the answers were, and how many of them were right");
  const head = ["Said", "Right", "Images"].map((name) => element("th", { scope: "col", className: "number" }, name));
  const table = element("table", {}, caption, element("thead", {}, element("tr", {}, ...head)), element("tbody", { id: "reliability-rows" }));
  return part("reliability", "", [
    element("h3", {}, "How far its probabilities can be believed"),
    element("p", { className: "hint", id: "reliability-words" }),
    element("div", { className: "matrix" }, element("canvas", { id: "reliability-canvas", role: "img" })),
    element("p", { className: "hint" }, "Bars on the dashed line: as often right as it says. Below it: too sure."),
    fold("Reliability as a table", scroller("Reliability", table)),
  ]);
}

function learning() {
  const list = element("ol", { className: "lanes learning-list", id: "learning-list" });
  return part("learning", "review", [element("h3", {}, "Would more photos help?"), status("learning-words"), list, button("learning-start", "Find out")]);
}

function review() {
  const surprises = element("ul", { className: "review-list", id: "surprises" });
  surprises.dataset.testid = "surprises";
  return part("review", "review", [
    element("h3", { id: "review-heading", tabIndex: -1 }, "Review"),
    status("review-words"),
    button("review-start", "Look for wrong labels"),
    element("ul", { className: "review-list", id: "review-list" }),
    fold("Validation images that surprised the head most", surprises),
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

/** @param {string} id @param {string} text */
function button(id, text) {
  const made = element("button", { type: "button", className: "button", id }, text);
  made.dataset.testid = id;
  return made;
}
