// Training on one button: checks, epochs, evaluation. What is measured here ends in the run record.

import { totalFeatureSeconds } from "./adding.js";
import { words } from "./language.js";
import { report as tell, dismiss } from "./problems.js";
import { keepRun, validatedBy } from "./runs.js";
import { startOrQueue } from "./queue.js";
import { currentTrainer, idle, runJob } from "./session.js";
import { change, filledClasses, imageCount, state } from "./state.js";
import { translated } from "./translate.js";
import { counted, sentences } from "./words.js";

/** @typedef {import("./trainer.js").Trainer} Trainer */
/** Pauses left out. `augment`: of the views that there were not yet. @typedef {{augment: number, train: number}} Seconds */

/** @type {AbortController | null} */
let stopper = null;
let pausedAt = 0;
let pausedSeconds = 0;

/** Trains now, or when the images that are on their way have arrived. */
export function train() {
  dismiss("blocked", "stopped", "job");
  if (state.job?.kind === "reviewing" || state.queue.length > 0) return startOrQueue({ key: "training", title: words.queue.training, start: train });
  if (!currentTrainer() || state.job?.kind === "adding" || state.waiting > 0 || state.gathering) {
    change((s) => (s.trainAfterAdding = s.waiting > 0 || s.job !== null || s.gathering !== null));
    return idle();
  }
  stopper = new AbortController();
  const { epochs } = state.options;
  void runJob({ kind: "training", step: "checking", epochs, paused: false, secondsLeft: null, stopping: false }, run);
}

/** For the moment when the trainer has nothing to do. */
export function trainIfAwaited() {
  if (!state.trainAfterAdding || state.waiting > 0 || state.gathering) return;
  change((s) => (s.trainAfterAdding = false));
  train();
}

/** @param {Trainer} trainer */
async function run(trainer) {
  const checks = await trainer.checks();
  change((s) => (s.checks = checks));
  const blocking = checks.filter((check) => check.blocking);
  if (blocking.length > 0) {
    tell("blocked", sentences(...blocking.map((check) => translated(check.message))));
    return;
  }
  const { settings } = state;
  const seconds = await fit(trainer);
  if (!seconds) return;
  change((s) => s.job?.kind === "training" && (s.job.step = "evaluating"));
  const found = await trainer.evaluate();
  change((s) => Object.assign(s, { report: found, opened: null, saved: false, run: runRecord(found, seconds) }));
  keepRun(found, settings, { options: state.options, seconds: seconds.train });
  if (stopper?.signal.aborted) {
    const text = counted(state.plannedEpochs, words.training.stopped, { done: state.history.length, best: found.bestEpoch });
    tell("stopped", text, { tone: "notice" });
  }
}

/** @param {Trainer} trainer @returns {Promise<Seconds | null>} null where it was stopped before the first epoch */
async function fit(trainer) {
  const options = { ...state.options };
  const asked = performance.now();
  let start = 0;
  let augment = 0;
  pausedSeconds = 0;
  const elapsed = () => (performance.now() - start) / 1000 - pausedSeconds;
  // Until then the last results stay: views can take a while, and may be stopped.
  const begin = () => {
    if (start > 0) return;
    start = augment > 0 ? performance.now() : asked;
    change((s) => {
      s.renewing = s.report !== null;
      Object.assign(s, { history: [], report: null, learning: null, run: null, stale: false, prediction: null, predictions: null, plannedEpochs: options.epochs, augmenting: null });
      if (s.job?.kind === "training") s.job.step = "fitting";
    });
  };
  const onViews = (/** @type {number} */ done, /** @type {number} */ total) => {
    augment = (performance.now() - asked) / 1000;
    if (done === total) return begin();
    change((s) => {
      s.augmenting = { done, total };
      if (s.job?.kind === "training") Object.assign(s.job, { step: "augmenting", secondsLeft: done > 0 ? (augment / done) * (total - done) : null });
    });
  };
  const onImages = (/** @type {number} */ done, /** @type {number} */ total) => {
    begin();
    change((s) => s.job?.kind === "training" && (s.job.images = { done, total }));
  };
  if (!options.augment) begin();
  for await (const epoch of trainer.fit({ ...options, onViews, onImages, signal: stopper?.signal })) {
    begin();
    change((s) => {
      // A lost graphics device makes training start over on the CPU.
      s.history = epoch.epoch === 1 ? [epoch] : [...s.history, epoch];
      if (s.job?.kind === "training") s.job.secondsLeft = (elapsed() / s.history.length) * (options.epochs - s.history.length);
    });
  }
  change((s) => (s.augmenting = null));
  return start === 0 || state.history.length === 0 ? null : { augment, train: elapsed() };
}

/** Holds training between two epochs, adding between two images. */
export function pause() {
  if (!canPause(state.job) || state.job.paused) return;
  currentTrainer()?.pause();
  pausedAt = performance.now();
  change((s) => canPause(s.job) && (s.job.paused = true));
}

export function resume() {
  if (!canPause(state.job) || !state.job.paused) return;
  currentTrainer()?.resume();
  pausedSeconds += (performance.now() - pausedAt) / 1000;
  change((s) => canPause(s.job) && (s.job.paused = false));
}

/** @param {import("./state.js").State["job"]} job @returns {job is import("./state.js").TrainingJob | import("./state.js").AddingJob | import("./state.js").RefittingJob} */
const canPause = (job) => job?.kind === "training" || job?.kind === "adding" || job?.kind === "refitting";

/** Ends training after the current epoch; the best epoch is kept. */
export function stopTraining() {
  change((s) => s.job?.kind === "training" && (s.job.stopping = true));
  stopper?.abort();
  resume();
}

/** What bench/page.mjs reads. @param {import("./state.js").Report} found @param {Seconds} seconds */
export function runRecord(found, { augment: augmentSeconds, train: trainSeconds }) {
  const featureSeconds = totalFeatureSeconds();
  const images = imageCount(state);
  return {
    images,
    rejected: state.rejected.filter(({ code }) => code !== "skipped").length,
    classes: found.labels,
    backbone: state.facts?.backbone,
    device: state.facts?.device,
    policy: state.options.batchNorm?.policy ?? "stored",
    validationPolicy: validatedBy(state.options),
    train: found.train,
    validation: found.validation,
    featureSeconds,
    msPerImage: (featureSeconds * 1000) / Math.max(1, images),
    augmentSeconds,
    trainSeconds,
    totalSeconds: featureSeconds + augmentSeconds + trainSeconds,
    options: state.options,
    epochs: state.history,
    accuracy: found.trainAccuracy,
    valAccuracy: found.accuracy,
    confusion: found.confusion,
  };
}

/** Asks the trainer what should be said before training; kept to hand on the page. */
export async function refreshChecks() {
  const trainer = currentTrainer();
  if (!trainer || state.job) return;
  const has = imageCount(state) > 0;
  const [checks, groups] = has ? await Promise.all([trainer.checks(), trainer.groups()]) : [[], []];
  const testSet = await trainer.testSet.state();
  if (trainer !== currentTrainer()) return;
  change((s) => Object.assign(s, { checks, groups, testSet }));
  if (!checks.some((check) => check.blocking)) dismiss("blocked");
}

/** The layers' table for the head and classes of now. */
export async function refreshSummary() {
  const trainer = currentTrainer();
  const numClasses = filledClasses(state).length;
  if (!trainer || numClasses < 2) return change((s) => (s.summary = null));
  const summary = await trainer.summary({ head: state.options.head, hidden: state.options.hidden, numClasses });
  change((s) => (s.summary = summary));
}
