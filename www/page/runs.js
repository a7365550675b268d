// What the head was trained with, and, once there are several, all trainings of this visit side by side.

import { colourOf } from "./curve_lines.js";
import { isSame } from "./drawing.js";
import { byId, cell, element, headCell, scroller } from "./elements.js";
import { words } from "./language.js";
import { STATISTICS, inWords } from "./option_values.js";
import { change, state } from "./state.js";
import { counted, duration, fill, percent, percentRange, sentences } from "./words.js";

/** @typedef {import("./option_fields.js").Settings} Settings */
/** @typedef {import("./state.js").Report} Report */
/** `isDrawn`: over the curves of the current one. @typedef {{name: string, isDrawn: boolean, history: import("./state.js").Epoch[], settings: string, statistics: string, images: number, epochs: number, bestEpoch: number, accuracy: number, valAccuracy: number, interval: [number, number], seconds: number}} PastRun */

const text = words.runs;
/** What the table was made of: its own boxes and names change nothing of that. @type {unknown[]} */
let drawn = [];

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
  const { history } = state;
  const name = fill(text.name, { number: state.runs.length + 1 });
  const run = { name, isDrawn: false, history, settings: inWords(settings) || text.defaults, statistics: statisticsWords(options), images: train + validation, epochs: history.length, bestEpoch, accuracy: trainAccuracy, valAccuracy: accuracy, interval, seconds };
  change((s) => (s.runs = [...s.runs, run]));
}

/** @param {import("./state.js").State} state */
export function drawRuns({ runs, report, history }) {
  const holder = byId("runs", HTMLElement);
  holder.hidden = report === null;
  const now = [runs.length, history === runs.at(-1)?.history];
  if (isSame(now, drawn)) return;
  drawn = now;
  const last = runs.at(-1);
  if (!last) return holder.replaceChildren();
  const settings = element("p", { className: "hint wrap" }, fill(text.settings, { settings: last.settings }));
  settings.dataset.testid = "run-settings";
  const wasOpen = holder.querySelector("details")?.open ?? false;
  const statistics = element("p", { className: "hint wrap", hidden: last.statistics === "" }, last.statistics);
  statistics.dataset.testid = "run-statistics";
  holder.replaceChildren(settings, statistics, ...(runs.length > 1 ? [comparison(runs, wasOpen)] : []));
}

/** The table of so many trainings is made when it is looked at. @param {PastRun[]} runs @param {boolean} isOpen */
function comparison(runs, isOpen) {
  const title = element("summary", {}, fill(text.compare, { trainings: counted(runs.length, words.nouns.training) }));
  const fold = element("details", { className: "fold", open: isOpen }, title);
  const fillIn = () => fold.open && fold.lastElementChild === title && fold.append(scroller(text.region, table(runs)));
  fold.addEventListener("toggle", fillIn);
  fillIn();
  return fold;
}

/** @param {PastRun[]} runs */
function table(runs) {
  const { shown, name, settings, images, bestEpoch, training, validation, interval, time } = text.columns;
  const titles = [shown, name, settings, images, bestEpoch, training, validation, interval, time];
  const head = element("tr", {}, ...titles.map((title, at) => headCell(title, "col", at < 3 ? "" : "number")));
  const caption = element("caption", { className: "visually-hidden" }, text.caption);
  const made = element("table", {}, caption, element("thead", {}, head), element("tbody", {}, ...runs.map(line)));
  made.dataset.testid = "runs";
  return made;
}

/** @param {PastRun} run @param {number} at */
function line({ name, isDrawn, history, settings, images, epochs, bestEpoch, accuracy, valAccuracy, interval, seconds }, at) {
  const isCurrent = history === state.history;
  const figures = [String(images), fill(text.best, { best: bestEpoch, epochs }), percent(accuracy), percent(valAccuracy), percentRange(interval), duration(seconds)];
  const box = element("input", { type: "checkbox", checked: isDrawn || isCurrent, disabled: isCurrent, ariaLabel: fill(text.draw, { name }) });
  const field = element("input", { type: "text", className: "run-name", value: name, maxLength: 80, autocomplete: "off", ariaLabel: fill(text.nameOf, { number: at + 1 }) });
  const stroke = element("span", { className: "run-stroke", ariaHidden: "true" });
  stroke.style.setProperty("--run", `var(${isCurrent ? "--accent" : colourOf(at)})`);
  box.addEventListener("change", () => changeRun(at, { isDrawn: box.checked }));
  field.addEventListener("change", () => {
    field.value = field.value.trim() || fill(text.name, { number: at + 1 });
    box.ariaLabel = fill(text.draw, { name: field.value });
    changeRun(at, { name: field.value });
  });
  const choice = element("td", {}, element("label", { className: "run-choice" }, box, stroke));
  return element("tr", { className: isCurrent ? "latest" : "" }, choice, element("td", {}, field), headCell(settings, "row"), ...figures.map((figure) => cell(figure, "number")));
}

/** @param {number} at @param {Partial<PastRun>} now */
const changeRun = (at, now) => change((s) => (s.runs = s.runs.map((run, place) => (place === at ? { ...run, ...now } : run))));
