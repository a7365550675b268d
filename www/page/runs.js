// What the head was trained with, and, once there are several, all trainings of this visit side by side.

import { byId, cell, element, headCell, scroller } from "./elements.js";
import { words } from "./language.js";
import { STATISTICS, inWords } from "./option_values.js";
import { change, state } from "./state.js";
import { counted, duration, percent } from "./words.js";

/** @typedef {import("./option_fields.js").Settings} Settings */
/** @typedef {import("./state.js").Report} Report */
/** @typedef {{settings: string, statistics: string, images: number, epochs: number, bestEpoch: number, accuracy: number, valAccuracy: number, interval: [number, number], seconds: number}} PastRun */

/** @type {PastRun[] | null} */
let drawn = null;

/** By which statistics the head is validated and used. @param {import("./state.js").Options} options @returns {import("../shared/lab.js").Policy} */
export function validatedBy({ batchNorm }) {
  const { policy, validationPolicy } = batchNorm ?? { policy: "stored" };
  return validationPolicy ?? (policy === "batch" ? "stored" : policy);
}

/** What is to be known where statistics other than the stored ones were in play. @param {import("./state.js").Options} options */
function statisticsWords(options) {
  const [training, validation] = [options.batchNorm?.policy ?? "stored", validatedBy(options)];
  const differ = training === validation || (training === "batch" && validation === "updated") ? "" : `It learnt by ${STATISTICS[training]} and was validated by ${STATISTICS[validation]}: validation saw another network than training did. `;
  const uses = validation === "stored" ? "" : `Predictions and exports of this head go by ${STATISTICS[validation]}, not by those of the weights.`;
  return `${differ}${uses}`.trim();
}

/** @param {Report} report @param {Settings} settings @param {{options: import("./state.js").Options, seconds: number}} how */
export function keepRun(report, settings, { options, seconds }) {
  const { train, validation, bestEpoch, trainAccuracy, accuracy, interval } = report;
  const run = { settings: inWords(settings) || "defaults", statistics: statisticsWords(options), images: train + validation, epochs: state.history.length, bestEpoch, accuracy: trainAccuracy, valAccuracy: accuracy, interval, seconds };
  change((s) => (s.runs = [...s.runs, run]));
}

/** @param {import("./state.js").State} state */
export function drawRuns({ runs, report }) {
  const holder = byId("runs", HTMLElement);
  holder.hidden = report === null;
  if (runs === drawn) return;
  drawn = runs;
  const last = runs.at(-1);
  if (!last) return holder.replaceChildren();
  const words = element("p", { className: "hint wrap" }, `Trained with: ${last.settings}.`);
  words.dataset.testid = "run-settings";
  const wasOpen = holder.querySelector("details")?.open ?? false;
  const statistics = element("p", { className: "hint wrap", hidden: last.statistics === "" }, last.statistics);
  statistics.dataset.testid = "run-statistics";
  holder.replaceChildren(words, statistics, ...(runs.length > 1 ? [table(runs, wasOpen)] : []));
}

/** @param {PastRun[]} runs @param {boolean} isOpen */
function table(runs, isOpen) {
  const titles = ["Settings", "Images", "Best epoch", "Training", "Validation", "95 % interval", "Time"];
  const head = element("tr", {}, ...titles.map((title) => headCell(title, "col", title === "Settings" ? "" : "number")));
  const caption = element("caption", { className: "visually-hidden" }, "Settings and accuracy of each training");
  const made = element("table", {}, caption, element("thead", {}, head), element("tbody", {}, ...runs.map((run) => line(run, run === runs.at(-1)))));
  made.dataset.testid = "runs";
  return element("details", { className: "fold", open: isOpen }, element("summary", {}, `Compare ${counted(runs.length, words.nouns.training)}`), scroller("Trainings", made));
}

/** @param {PastRun} run @param {boolean} isLatest */
function line({ settings, images, epochs, bestEpoch, accuracy, valAccuracy, interval, seconds }, isLatest) {
  const figures = [String(images), `${bestEpoch} of ${epochs}`, percent(accuracy), percent(valAccuracy), `${percent(interval[0])} to ${percent(interval[1])}`, duration(seconds)];
  return element("tr", { className: isLatest ? "latest" : "" }, headCell(settings, "row"), ...figures.map((figure) => cell(figure, "number")));
}
