// All that the page shows, in one object. `change` is the only way to alter it, the parts of `drawWith`
// the only readers of it for the screen. Does not hold the model: that lives in the worker.

import { Drawing } from "./drawing.js";
import { FIT } from "./fit_options.js";
import { defaults } from "./option_fields.js";

/**
 * @typedef {import("../shared/protocol.js").Image} Image
 * @typedef {import("../shared/protocol.js").Rejected} Rejected
 * @typedef {import("../shared/protocol.js").Epoch} Epoch
 * @typedef {import("../shared/protocol.js").Report} Report
 * @typedef {import("../shared/protocol.js").Prediction} Ranked
 * @typedef {import("../shared/protocol.js").Check} Check
 * @typedef {import("../shared/protocol.js").Doubt} Doubt
 * @typedef {import("../shared/protocol.js").Summary} Summary
 * @typedef {import("../shared/protocol.js").Layer} Layer
 * @typedef {import("../shared/protocol.js").Info} TrainerFacts
 * @typedef {import("../shared/protocol.js").FitOptions} Options
 *
 * @typedef {{label: string, images: Image[], expected: number, expanded: boolean, version: number}} ImageClass
 *   `expected`: images still on their way. `version` grows with each change, so that drawing can skip the unchanged.
 * @typedef {{kind: "adding", total: number, done: number, accepted: number, rejected: number,
 *            imagesPerSecond: number, secondsLeft: number | null, paused: boolean, stopping: boolean, title?: string}} AddingJob
 *   `title`: of what is no reading of images; it counts in something else then.
 * @typedef {{kind: "refitting", total: number, done: number, imagesPerSecond: number, secondsLeft: number | null, paused: boolean, stopping: boolean}} RefittingJob
 *   Images are seen anew, by another fit.
 * @typedef {{kind: "training", step: "checking" | "augmenting" | "fitting" | "evaluating", epochs: number, paused: boolean,
 *            images?: {done: number, total: number}, secondsLeft: number | null, stopping: boolean}} TrainingJob
 *   `images`: on their way through the backbone, where they are the input.
 * @typedef {import("../shared/protocol.js").Kept} Kept
 * @typedef {import("../shared/protocol.js").LearningPoint} LearningPoint
 * @typedef {import("../shared/protocol.js").ProjectEntry} ProjectEntry
 * @typedef {{kind: "lab", title: string, done: number, total: number, reading: {done: number, total: number} | null, secondsLeft: number | null, stopping: boolean}} LabJob
 *   `done`, `total`: epochs, over all runs that were asked for. `reading`: images on their way through the backbone.
 * @typedef {{kind: "reviewing", key: string, title: string, done: number, stopping: boolean, secondsLeft?: number | null}} ReviewingJob
 * @typedef {{key: string, tone: "error" | "notice", message: string, actions: {name: string, run: () => void}[]}} Problem
 * @typedef {{name: string, file: File, url: string, exact?: import("../shared/image_fit.js").Seen, ranked: Ranked[] | null}} Prediction
 */

/** @typedef {typeof state} State */
export const state = {
  /** @type {"loading" | "ready" | "failed"} */
  engine: "loading",
  /** Share of the weights that has arrived. @type {number | null} */
  weights: null,
  /** @type {TrainerFacts | null} */
  facts: null,

  /** How the project is kept. @type {Kept | null} */
  kept: null,
  /** The list of projects, while it is shown. @type {ProjectEntry[] | null} */
  projects: null,

  /** @type {Map<string, ImageClass>} */
  classes: new Map(),
  /** Classes that a person gave a colour, "#1b62a8"; also such as are gone and may come back. @type {Map<string, string>} */
  colours: new Map(),
  /** Each class's place in the palette, where it has no colour of its own. @type {Map<string, number>} */
  places: new Map(),
  /** What of images the network sees when they come. @type {import("../shared/image_fit.js").Fits} */
  fits: { fit: "crop", classes: {} },
  /** Ids of the images that are chosen together. @type {Set<number>} */
  selected: new Set(),
  /** @type {Rejected[]} */
  rejected: [],
  /** Images chosen and not yet taken by the trainer. */
  waiting: 0,
  /** What is being fetched or looked through, before there are images to add. @type {string | null} */
  gathering: null,

  /** @type {AddingJob | RefittingJob | TrainingJob | LabJob | ReviewingJob | null} */
  job: null,
  /** What was asked for meanwhile. @type {import("./queue.js").Queued[]} */
  queue: [],
  /** Train was asked for while images were still arriving. */
  trainAfterAdding: false,
  /** The last job ended with an error that has not been dealt with. */
  failed: false,
  /** @type {Problem[]} */
  problems: [],
  /** @type {Check[]} */
  checks: [],
  /** Ids of images that look alike. @type {number[][]} */
  groups: [],
  /** Labels that may be wrong, once they were looked for. @type {Doubt[] | null} */
  doubts: null,
  /** The images on a plane, once it was asked for. @type {import("../shared/insight.js").FeatureMap | null} */
  map: null,
  /** Images that nothing has looked at, and what they said once they were. @type {import("../shared/test_set.js").TestSet | null} */
  testSet: null,
  /** How heads fared that each image was kept from, once it was asked for. @type {import("./cross_validation.js").Folds | null} */
  folds: null,
  /** Heads and networks by cross-validation. @type {import("./comparison.js").Compared[]} */
  compared: [],
  /** Networks that could not be compared, as images lack their features. @type {import("../shared/protocol.js").KeptNetwork[]} */
  lacking: [],
  /** Accuracy by number of training images, once it was asked for. @type {LearningPoint[] | null} */
  learning: null,

  /** What the form holds, and what it means to the trainer. */
  settings: defaults(),
  /** @type {Options} */
  options: FIT,
  /** @type {Summary | null} */
  summary: null,
  /** @type {Epoch[]} */
  history: [],
  /** Epochs that the current run set out to do. */
  plannedEpochs: 0,
  /** @type {Report | null} */
  report: null,
  /** The report that is being drawn is the last one, while a new one is on its way. */
  renewing: false,
  /** Images came, went or changed class since the report. */
  stale: false,
  /** A head that was opened from a file and not yet trained over. @type {{name: string, labels: string[]} | null} */
  opened: null,
  /** The trained head has been saved, or there is none. */
  saved: true,
  /** Trainings since the page was opened, the last one last. @type {import("./runs.js").PastRun[]} */
  runs: [],
  /** The confusion matrix has shares of each true class, not counts. */
  rates: false,
  /** What the figures of the classes are sorted by. @type {{column: import("./per_class.js").Column | null, isDown: boolean}} */
  byClass: { column: null, isDown: false },
  /** How much the curves are smoothed: the weight of what came before. */
  smoothing: 0,
  /** How many images have their views, while those are computed. @type {{done: number, total: number} | null} */
  augmenting: null,
  /** The machine-readable run, for the bench. @type {object | null} */
  run: null,
  /** @type {Prediction | null} */
  prediction: null,
  /** Many images at once. @type {{rows: import("./predictions.js").Row[], total: number, isOver: boolean} | null} */
  predictions: null,
  /** Probability below which the answer is "none of these"; 0 always answers. */
  threshold: 0,

  /** @type {{label: string, count: number, files: {label: string, path: string}[]} | null} */
  example: null,

  /** The BatchNorm lab. `guesses`, `shown`: by step of the lesson. `inside`: of which images.
   * @type {{isOpen: boolean, runs: import("./lab/runs.js").LabRun[], inside: (import("../shared/lab.js").Inside & {of: string}) | null, sentences: string[], guesses: Record<string, number>, shown: Record<string, boolean>}} */
  lab: { isOpen: false, runs: [], inside: null, sentences: [], guesses: {}, shown: {} },
};

/** One word for programs that watch the page: `document.documentElement.dataset.state`. @param {State} state */
export function phase(state) {
  if (state.job) return state.job.kind;
  if (state.engine !== "ready") return state.engine;
  if (state.failed) return "failed";
  if (state.waiting > 0 || state.gathering) return "adding";
  return state.report && !state.stale ? "trained" : "ready";
}

/** Images that the trainer has. @param {State} state */
export function imageCount(state) {
  let count = 0;
  for (const { images } of state.classes.values()) count += images.length;
  return count;
}

/** The same where the images of every class are as many as before. @param {State} state */
export const imagesKey = (state) => filledClasses(state).map(({ label, images }) => `${label}: ${images.length}`).join("\n");
/** Every image that the trainer has. @param {State} state */
export function imagesById(state) {
  return new Map([...state.classes.values()].flatMap(({ images }) => images.map((image) => [image.id, image])));
}

/** Classes that have an image. @param {State} state */
export function filledClasses(state) {
  return [...state.classes.values()].filter((group) => group.images.length > 0);
}

/** The class of this name, made where there is none. @param {State} state @param {string} label @returns {ImageClass} */
export function classNamed(state, label) {
  const known = state.classes.get(label);
  if (known) return known;
  const made = { label, images: [], expected: 0, expanded: false, version: 0 };
  state.classes.set(label, made);
  return made;
}

const drawing = new Drawing(state);
/** Of one stretch of drawing. */
const STRETCH_MS = 30;
/** When the next draw is. */
let next = Infinity;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** What goes on with a draw that was too long for one stretch. @type {ReturnType<typeof setTimeout> | undefined} */
let rest;

/** @param {((state: State) => boolean | void)[]} parts called in this order after changes; one that gives true is called again */
export function drawWith(parts) {
  drawing.begin(parts);
  scheduleDraw();
}

/** Between two draws while a job runs: the cores belong to the workers then. No transition may make frames in between: one
 * of the bar's width took a sixth of all processor time while images came in. */
const JOB_MS = 150;
/** The same of images that come in by themselves: drawing them every 150 ms took an eighth of all processor time. */
const ARRIVAL_MS = 300;

/** @param {(state: State) => void} mutate */
export const change = (mutate) => changeWithin(JOB_MS, mutate);

/** Of what nobody has just asked for and waits for. @param {(state: State) => void} mutate */
export const changeOnArrival = (mutate) => changeWithin(ARRIVAL_MS, mutate);

/** @param {number} ms @param {(state: State) => void} mutate */
function changeWithin(ms, mutate) {
  mutate(state);
  scheduleDraw(ms);
  queueMicrotask(() => {
    if (phase(state) === document.documentElement.dataset.state) return;
    // A job that begins is there at once; what comes of one can be much to draw.
    if (state.job) draw(Infinity);
    else if (rest === undefined) draw(stretch());
    else drawing.ask();
  });
}

/** Draws in the next task, or while a job runs within `jobMs`. Not in a frame: what was drawn is styled, laid out and painted there, and
 * whoever presses a key would wait for both. */
export function scheduleDraw(jobMs = JOB_MS) {
  const wait = document.hidden ? 200 : state.job ? jobMs : 0;
  const at = performance.now() + wait;
  if (at >= next) return;
  clearTimeout(timer);
  next = at;
  timer = setTimeout(() => {
    next = Infinity;
    draw(stretch());
  }, wait);
}

/** Nobody waits for a page in the background, whose timers come once a second. */
const stretch = () => (document.hidden ? Infinity : STRETCH_MS);

/** @param {number} most milliseconds at once */
function draw(most) {
  drawing.ask();
  goOn(most);
}

/** Who waits for a phase finds it drawn; only thumbnails may take a few frames more. @param {number} most */
function goOn(most) {
  clearTimeout(rest);
  rest = undefined;
  if (!drawing.go(most)) rest = setTimeout(() => goOn(stretch()));
  else if (phase(state) !== document.documentElement.dataset.state) document.documentElement.dataset.state = phase(state);
}
