// What the head was trained with, and, once there are several, all trainings of this visit side by side.

import { byId, cell, element, headCell, scroller } from "./elements.js";
import { words } from "./language.js";
import { STATISTICS, inWords } from "./option_values.js";
import { change, state } from "./state.js";
import { counted, duration, fill, percent, percentRange, sentences } from "./words.js";

/** @typedef {import("./option_fields.js").Settings} Settings */
/** @typedef {import("./state.js").Report} Report */
/** @typedef {{settings: string, statistics: string, images: number, epochs: number, bestEpoch: number, accuracy: number, valAccuracy: number, interval: [number, number], seconds: number}} PastRun */

const text = words.runs;
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
  const differ = training === validation || (training === "batch" && validation === "updated") ? "" : fill(text.differ, { training: STATISTICS[training], validation: STATISTICS[validation] });
  const uses = validation === "stored" ? "" : fill(text.uses, { statistics: STATISTICS[validation] });
  return sentences(differ, uses);
}

/** @param {Report} report @param {Settings} settings @param {{options: import("./state.js").Options, seconds: number}} how */
export function keepRun(report, settings, { options, seconds }) {
  const { train, validation, bestEpoch, trainAccuracy, accuracy, interval } = report;
  const run = { settings: inWords(settings) || text.defaults, statistics: statisticsWords(options), images: train + validation, epochs: state.history.length, bestEpoch, accuracy: trainAccuracy, valAccuracy: accuracy, interval, seconds };
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
  const settings = element("p", { className: "hint wrap" }, fill(text.settings, { settings: last.settings }));
  settings.dataset.testid = "run-settings";
  const wasOpen = holder.querySelector("details")?.open ?? false;
  const statistics = element("p", { className: "hint wrap", hidden: last.statistics === "" }, last.statistics);
  statistics.dataset.testid = "run-statistics";
  holder.replaceChildren(settings, statistics, ...(runs.length > 1 ? [table(runs, wasOpen)] : []));
}

/** @param {PastRun[]} runs @param {boolean} isOpen */
function table(runs, isOpen) {
  const { settings, images, bestEpoch, training, validation, interval, time } = text.columns;
  const titles = [settings, images, bestEpoch, training, validation, interval, time];
  const head = element("tr", {}, ...titles.map((title, at) => headCell(title, "col", at === 0 ? "" : "number")));
  const caption = element("caption", { className: "visually-hidden" }, text.caption);
  const made = element("table", {}, caption, element("thead", {}, head), element("tbody", {}, ...runs.map((run) => line(run, run === runs.at(-1)))));
  made.dataset.testid = "runs";
  return element("details", { className: "fold", open: isOpen }, element("summary", {}, fill(text.compare, { trainings: counted(runs.length, words.nouns.training) })), scroller(text.region, made));
}

/** @param {PastRun} run @param {boolean} isLatest */
function line({ settings, images, epochs, bestEpoch, accuracy, valAccuracy, interval, seconds }, isLatest) {
  const figures = [String(images), fill(text.best, { best: bestEpoch, epochs }), percent(accuracy), percent(valAccuracy), percentRange(interval), duration(seconds)];
  return element("tr", { className: isLatest ? "latest" : "" }, headCell(settings, "row"), ...figures.map((figure) => cell(figure, "number")));
}
