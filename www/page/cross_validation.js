// Cross-validation on one click: every image is judged once, by a head that never saw it. Says what that is worth and how
// far the folds lie apart. Does not touch the trained head.

import { byId, cell, element, scroller, setText } from "./elements.js";
import { makeFoldPlot } from "./fold_plot.js";
import { words } from "./language.js";
import { plotFiles } from "./plot_files.js";
import { currentTrainer, runJob } from "./session.js";
import { change, imagesKey, state } from "./state.js";
import { counted, duration, fill, percent, percentRange, sentences } from "./words.js";

/** @typedef {import("../shared/protocol.js").Run} Run */
/** @typedef {import("./state.js").Options} Options */
/** `guess`: what always answering the most frequent class gives. `images`: what `imagesKey` said.
 * @typedef {{folds: Run[], accuracy: number, interval: [number, number], total: number, guess: number, images: string}} Folds
 */

const text = words.cross_validation;
const CHOICES = [3, 5, 10];
/** @type {ReturnType<typeof makePart> | undefined} */
let parts;
/** @type {Folds | null} */
let drawn = null;
/** @type {AbortController | null} */
let stopper = null;

export function wireFolds() {
  parts = makePart();
  byId("learning-start", HTMLElement).parentElement?.before(parts.root);
  parts.start.addEventListener("click", () => parts && void validate(Number(parts.count.value)));
}

export const stopFolds = () => stopper?.abort();

/**
 * The options without whatever lets validation images choose: a fold's own would flatter it.
 * @param {Options} options @returns {Options}
 */
export const unchosen = ({ patience, ...options }) => ({ ...options, restoreBestWeights: false });

/**
 * Runs what trains many heads as a job, with the time that is left.
 * @param {string} title
 * @param {(trainer: import("./trainer.js").Trainer, listeners: import("./told.js").ManyListeners & {signal: AbortSignal}) => Promise<void>} work
 */
export async function runMany(title, work) {
  if (!currentTrainer() || state.job) return;
  stopper = new AbortController();
  const { signal } = stopper;
  let [start, stage] = [performance.now(), title];
  const tell = (/** @type {string} */ name, /** @type {number} */ done) => change((s) => {
    if (name !== stage) [start, stage] = [performance.now(), name];
    const seconds = (performance.now() - start) / 1000;
    if (s.job?.kind === "reviewing") Object.assign(s.job, { title: name, done, secondsLeft: done > 0 && done < 1 ? (seconds / done) * (1 - done) : null });
  });
  const onShare = (/** @type {number} */ done) => tell(title, done);
  const onViews = (/** @type {number} */ done, /** @type {number} */ total) => tell(text.views, done / total);
  await runJob({ kind: "reviewing", title, done: 0, stopping: false }, (trainer) => work(trainer, { signal, onShare, onViews }));
}

/** Which images there are for it. @param {import("./state.js").State} state */
export const keyOf = (state) => `${imagesKey(state)} ${state.testSet?.share ?? 0}`;

/** @param {number} count */
async function validate(count) {
  await runMany(text.job, async (trainer, listeners) => {
    const images = keyOf(state);
    const { folds, confusion, accuracy, interval } = await trainer.crossValidate({ ...unchosen(state.options), folds: count, ...listeners });
    const sizes = confusion.map((row) => row.reduce((sum, each) => sum + each, 0));
    const total = sizes.reduce((sum, each) => sum + each, 0);
    change((s) => (s.folds = { folds, accuracy, interval, total, guess: Math.max(...sizes) / total, images }));
  });
}

/** @param {import("./state.js").State} state */
export function drawFolds(state) {
  if (!parts) return;
  const { folds, job } = state;
  parts.start.disabled = job !== null;
  setText(parts.words, wordsFor(state).replaceAll(" %", "\u00a0%"));
  if (folds === drawn) return;
  drawn = folds;
  parts.found.hidden = folds === null;
  if (!folds) return;
  parts.paint(folds);
  parts.rows.replaceChildren(...folds.folds.map(row), sumRow(folds));
}

/** @param {import("./state.js").State} state */
function wordsFor(state) {
  const { folds, report, stale } = state;
  if (!folds) return text.lead;
  const { accuracy, interval, total, guess } = folds;
  const each = folds.folds.map((run) => run.accuracy);
  const right = fill(text.right, { accuracy: percent(accuracy), images: counted(total, words.nouns.image), low: percent(interval[0]), high: percent(interval[1]) });
  const spread = fill(text.spread, { lowest: percent(Math.min(...each)), highest: percent(Math.max(...each)), guess: percent(guess) });
  if (folds.images !== keyOf(state)) return sentences(right, spread, text.changed);
  const isOutside = report && !stale && (report.accuracy > interval[1] || report.accuracy < interval[0]);
  const single = isOutside ? fill(report.accuracy > interval[1] ? text.lucky : text.unlucky, { accuracy: percent(report.accuracy) }) : "";
  return sentences(right, spread, single);
}

/** @param {Run} run @param {number} at */
function row({ accuracy, interval, train, validation, epochs }, at) {
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  return line(String(at + 1), [percent(accuracy), percentRange(interval), String(train), String(validation), duration(seconds)]);
}

/** @param {Folds} folds */
const sumRow = ({ accuracy, interval, total }) => line(text.all, [percent(accuracy), percentRange(interval), "", String(total), ""]);

/** @param {string} name @param {string[]} figures */
const line = (name, figures) => element("tr", {}, element("th", { scope: "row" }, name), ...figures.map((figure) => cell(figure, "number")));

/** In English, for programs. @returns {(string | number)[][]} */
function csvRows() {
  const { folds = [], accuracy = 0, interval = [0, 0], total = 0, guess = 0 } = state.folds ?? {};
  const each = folds.map((run, at) => [at + 1, run.accuracy, ...run.interval, run.train, run.validation]);
  return [["fold", "accuracy", "from", "to", "train", "validation"], ...each, ["all", accuracy, ...interval, "", total], ["most frequent class", guess, "", "", "", total]];
}

function makePart() {
  const start = element("button", { type: "button", className: "button" }, text.start);
  start.dataset.testid = "folds-start";
  const count = element("select", {}, ...CHOICES.map((value) => element("option", { value: String(value), selected: value === 5 }, String(value))));
  const words = element("p", { className: "verdict-words", role: "status" });
  const plot = makeFoldPlot();
  const rows = element("tbody");
  const { columns } = text;
  const names = [columns.fold, columns.right, columns.interval, columns.training, columns.validation, columns.time];
  const head = names.map((name, at) => element("th", { scope: "col", className: at === 0 ? "" : "number" }, name));
  const caption = element("caption", { className: "visually-hidden" }, text.title);
  const table = element("table", {}, caption, element("thead", {}, element("tr", {}, ...head)), rows);
  const files = plotFiles({ title: text.title, file: "headstart-folds", canvases: () => [plot.canvas], rows: csvRows, key: text.key });
  const found = element("div", { className: "folds-found", hidden: true }, plot.place, files,
    element("p", { className: "hint" }, text.about),
    element("details", { className: "fold" }, element("summary", {}, text.asTable), scroller(text.folds, table)));
  const ask = element("div", { className: "folds-ask" }, start, element("label", { className: "field" }, element("span", {}, text.folds), count));
  const root = element("div", { className: "review" }, element("h3", {}, text.question), words, ask, found);
  root.dataset.testid = "folds";
  return { root, start, count, words, rows, found, paint: plot.paint };
}
