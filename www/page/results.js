// What came out, in words that claim no more than the numbers do, and the figures by class.

import { bestEpoch } from "./curves.js";
import { byId, cell, element, headCell, setText } from "./elements.js";
import { counted, percent, points } from "./words.js";

/** @typedef {import("./state.js").Report} Report */

/** @type {Report | null} */
let drawn = null;

/** @param {import("./state.js").State} state */
export function drawResults({ history, report, renewing, stale, job, run }) {
  const training = job?.kind === "training" && job.step !== "checking" && job.step !== "augmenting";
  reveal(history.length > 0 || training);
  byId("report", HTMLElement).hidden = report === null && !(renewing && training);
  byId("report", HTMLElement).classList.toggle("renewing", report === null);
  byId("stale", HTMLElement).hidden = report === null || !stale;
  setText(byId("stale", HTMLElement), "These results are from before you changed the images. Train again to renew them.");
  byId("val-accuracy", HTMLElement).hidden = report === null;
  byId("so-far", HTMLElement).hidden = report !== null;
  if (!report) {
    const best = bestEpoch(history);
    setText(byId("so-far-value", HTMLElement), best ? percent(best.valAccuracy) : "–");
    const words = training ? "The best epoch so far. The final figure and its range come when training ends." : "Training ended before it could be validated.";
    setText(byId("verdict-words", HTMLElement), words);
  } else if (report !== drawn) {
    drawReport(report);
  }
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
  const range = `between ${percent(interval[0])} and ${percent(interval[1])}, from ${counted(validation, "validation image")}`;
  setText(byId("val-accuracy-range", HTMLElement), range);
  setText(byId("verdict-words", HTMLElement), verdict(report).replaceAll(" %", "\u00a0%"));
  const rows = perClass.map(({ label, precision, recall, f1, support }) => {
    const figures = [precision, recall, f1].map((value) => cell(percent(value), "number"));
    return element("tr", {}, headCell(label, "row", "elide"), ...figures, cell(String(support), "number"));
  });
  byId("per-class-rows", HTMLElement).replaceChildren(...rows);
}

/**
 * Compares validation with training and with guessing. Where the training accuracy lies inside the 95 % range of the
 * validation accuracy, the difference may be chance, and no more is said.
 * @param {Report} report
 */
export function verdict({ accuracy, interval, trainAccuracy, validation, perClass }) {
  const guess = Math.max(...perClass.map((figures) => figures.support)) / Math.max(1, validation);
  const sentences = [];
  if (trainAccuracy <= interval[1] && trainAccuracy >= interval[0]) {
    sentences.push(`Training accuracy is ${percent(trainAccuracy)}, within that range: no sign of overfitting.`);
  } else if (trainAccuracy > accuracy) {
    sentences.push(`On the images it was trained on it reaches ${percent(trainAccuracy)}, ${points(trainAccuracy - accuracy)} more: it knows those better than new ones. More images help most.`);
  } else {
    sentences.push(`On the images it was trained on it reaches ${percent(trainAccuracy)}, less than on new ones, which is luck or easy validation images.`);
  }
  if (interval[0] <= guess) sentences.push(`Always answering the most frequent class would give ${percent(guess)}, so this is not yet surely better.`);
  else sentences.push(`Always answering the most frequent class would give ${percent(guess)}.`);
  return sentences.join(" ");
}
