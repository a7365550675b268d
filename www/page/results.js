// What came out, in words that claim no more than the numbers do, and the figures by class.

import { bestEpoch } from "./curves.js";
import { byId, cell, element, headCell, setText } from "./elements.js";
import { words } from "./language.js";
import { filledClasses, imagesById, state } from "./state.js";
import { verdict } from "./verdict.js";
import { counted, fill, percent } from "./words.js";

/** @typedef {import("./state.js").Report} Report */

const text = words.results;
/** @type {Report | null} */
let drawn = null;
/** Those that the findings speak of. @type {number[][] | null} */
let drawnGroups = null;
/** What the report's head was trained with. */
let trainedWith = state.options;

const findings = element("ul", { className: "findings" });

/** @param {import("./state.js").State} state */
export function drawResults({ history, report, renewing, stale, job, run }) {
  const training = job?.kind === "training" && job.step !== "checking" && job.step !== "augmenting";
  reveal(history.length > 0 || training);
  if (!findings.isConnected) byId("verdict-words", HTMLElement).after(findings);
  findings.hidden = report === null;
  byId("verdict-words", HTMLElement).hidden = report !== null;
  byId("report", HTMLElement).hidden = report === null && !(renewing && training);
  byId("report", HTMLElement).classList.toggle("renewing", report === null);
  byId("stale", HTMLElement).hidden = report === null || !stale;
  setText(byId("stale", HTMLElement), text.stale);
  byId("val-accuracy", HTMLElement).hidden = report === null;
  byId("so-far", HTMLElement).hidden = report !== null;
  if (!report) {
    const best = bestEpoch(history);
    setText(byId("so-far-value", HTMLElement), best ? percent(best.valAccuracy) : "–");
    setText(byId("verdict-words", HTMLElement), training ? text.soFar : text.ended);
  } else if (report !== drawn) {
    drawReport(report);
  }
  if (report && (report !== drawn || state.groups !== drawnGroups)) drawFindings(report);
  drawn = report;
  const record = byId("run", HTMLOutputElement);
  setText(record, run ? JSON.stringify(run) : "");
}

/** Shows or hides the section; brings it into view where it would begin below the screen. @param {boolean} isShown */
function reveal(isShown) {
  const section = byId("results", HTMLElement);
  const isNew = section.hidden && isShown;
  section.hidden = !isShown;
  if (isNew && section.getBoundingClientRect().top > innerHeight - 160) section.scrollIntoView();
}

/** @param {Report} report */
function drawReport(report) {
  const { accuracy, interval, validation, perClass } = report;
  setText(byId("val-accuracy-value", HTMLElement), percent(accuracy));
  const range = fill(text.range, { low: percent(interval[0]), high: percent(interval[1]), images: counted(validation, words.nouns.validationImage) });
  setText(byId("val-accuracy-range", HTMLElement), range);
  trainedWith = state.options;
  const rows = perClass.map(({ label, precision, recall, f1, support }) => {
    const figures = [precision, recall, f1].map((value) => cell(percent(value), "number"));
    return element("tr", {}, headCell(label, "row", "elide"), ...figures, cell(String(support), "number"));
  });
  byId("per-class-rows", HTMLElement).replaceChildren(...rows);
}

/** What the numbers allow to say, one rule a line. @param {Report} report */
function drawFindings(report) {
  drawnGroups = state.groups;
  const known = imagesById(state);
  const groups = state.groups.map((ids) => ids.flatMap((id) => known.get(id)?.label ?? []));
  const classes = filledClasses(state).map(({ label, images }) => ({ label, images: images.length }));
  const found = verdict(report, { classes, groups, options: trainedWith, epochs: state.history.length });
  if (found.map(({ words }) => words).join() === [...findings.children].map((line) => line.textContent).join()) return;
  findings.replaceChildren(...found.map(({ code, words }) => {
    const line = element("li", { className: "wrap" }, words);
    line.dataset.finding = code;
    return line;
  }));
}
