// The bar that is always in view: what happens now, how long it takes, and the one button for what comes next.

import { byId, setText } from "./elements.js";
import { words } from "./language.js";
import { overTitle } from "./long_work.js";
import { isAsked } from "./queue.js";
import { filledClasses, imageCount } from "./state.js";
import { counted, duration, fill, joined, percent, speed, timeLeft } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {{title: string, detail: string, share: number}} Progress */

const text = words.dock;

/** What is scrolled into view stays clear of the dock, however much it says. */
export function wireDock() {
  const dock = byId("dock", HTMLElement);
  new ResizeObserver(() => document.documentElement.style.setProperty("--dock-height", `${dock.offsetHeight}px`)).observe(dock);
}

/** @param {State} state */
export function drawDock(state) {
  const { job, trainAfterAdding } = state;
  const shown = progress(state);
  // The lab has buttons of its own.
  byId("dock", HTMLElement).hidden = state.lab.isOpen && !job && !state.gathering && state.waiting === 0 && state.problems.length === 0;
  setText(byId("progress-title", HTMLElement), shown.title);
  setText(byId("progress-detail", HTMLElement), shown.detail);
  byId("bar", HTMLProgressElement).value = shown.share;
  byId("bar", HTMLProgressElement).classList.toggle("idle", job === null && !state.gathering);

  const training = job?.kind === "training" ? job : null;
  const train = byId("train", HTMLButtonElement);
  const isComing = state.waiting > 0 || state.gathering !== null || job?.kind === "adding";
  train.hidden = training !== null || state.lab.isOpen || job?.kind === "lab";
  const isNext = trainAfterAdding || isAsked(state, "training");
  train.disabled = isNext || (imageCount(state) === 0 && !isComing) || (state.engine === "failed" && !isComing);
  setText(train, isNext ? text.trainsNext : state.report ? text.trainAgain : text.train);
  const canPause = training?.step === "fitting" || job?.kind === "refitting" || (job?.kind === "adding" && !job.title);
  const isPaused = job !== null && "paused" in job && job.paused;
  const canStop = training?.step === "fitting" || training?.step === "augmenting";
  byId("pause", HTMLButtonElement).hidden = !canPause || isPaused || (job?.stopping ?? false);
  byId("resume", HTMLButtonElement).hidden = !canPause || !isPaused;
  byId("stop", HTMLButtonElement).hidden = job === null || (job.kind === "training" && !canStop);
  byId("stop", HTMLButtonElement).disabled = job?.stopping ?? false;
  drawTitle(job === null ? null : shown.share);
  announce(state, shown);
}

/** Between two titles while a job runs: each took half of the script of a draw, and the browser draws its tabs anew. */
const TITLE_MS = 1000;
let titledAt = -Infinity;

/** @param {number | null} share of the job, null where none runs */
function drawTitle(share) {
  const title = share === null ? overTitle() || words.page.title : fill(text.titleShare, { share: Math.floor(share * 100) });
  const isEarly = share !== null && performance.now() < titledAt + TITLE_MS;
  if (title === document.title || isEarly) return;
  document.title = title;
  titledAt = share === null ? -Infinity : performance.now();
}

/** @param {State} state @returns {Progress} */
function progress(state) {
  const { job, gathering, engine, waiting } = state;
  if (job?.kind === "training") return trainingProgress(state, job);
  if (job?.kind === "lab") {
    const done = fill(text.doneOf, { done: job.done, total: counted(job.total, words.nouns.epoch) });
    return { title: job.title, detail: joined(done, left(job), throughNetwork(job.reading)), share: job.done / Math.max(1, job.total) };
  }
  if (job?.kind === "adding" || job?.kind === "refitting") {
    const then = state.trainAfterAdding ? text.thenTraining : "";
    const share = job.done / Math.max(1, job.total);
    if (job.paused && !job.stopping) return { title: fill(text.pausedAt, { done: job.done, total: job.total }), detail: then, share };
    if (job.kind === "adding" && job.title) return { title: job.title, detail: joined(percent(share), left(job), then), share };
    const far = fill(text.doneOf, { done: job.done, total: job.total });
    const title = job.kind === "adding" ? text.reading : words.fit.job;
    return { title, detail: joined(far, speed(job.imagesPerSecond), left(job), then), share };
  }
  if (job?.kind === "reviewing") return { title: job.title, detail: job.stopping ? text.stopping : joined(percent(job.done), left(job)), share: job.done };
  if (gathering) return { title: gathering, detail: "", share: 0 };
  if (waiting > 0) {
    const loading = state.weights === null ? text.loading : fill(text.loadingShare, { share: percent(Math.floor(state.weights * 100) / 100) });
    const why = state.failed ? text.stopped : engine === "failed" ? text.notLoaded : loading;
    return { title: counted(waiting, text.chosen), detail: why, share: 0 };
  }
  return idleProgress(state);
}

/** @param {State} state @param {import("./state.js").TrainingJob} job @returns {Progress} */
function trainingProgress({ history, plannedEpochs, augmenting }, job) {
  if (job.step === "checking") return { title: text.checking, detail: "", share: 0 };
  if (job.step === "augmenting") {
    const { done, total } = augmenting ?? { done: 0, total: 1 };
    const views = augmenting ? fill(text.doneOf, { done, total: counted(total, words.nouns.image) }) : "";
    return { title: text.augmenting, detail: joined(views, left(job)), share: done / total };
  }
  if (job.step === "evaluating") return { title: text.validating, detail: "", share: 1 };
  const title = job.paused ? fill(text.paused, { epoch: history.length }) : fill(text.epoch, { epoch: Math.min(plannedEpochs, history.length + 1), epochs: plannedEpochs });
  const last = history.at(-1);
  const accuracy = last ? fill(text.validation, { accuracy: percent(last.valAccuracy) }) : "";
  const rest = job.paused && !job.stopping ? "" : left(job);
  return { title, detail: joined(accuracy, rest, job.paused ? "" : throughNetwork(job.images)), share: history.length / Math.max(1, plannedEpochs) };
}

/** Until the job is over. @param {{stopping: boolean, secondsLeft?: number | null}} job */
const left = ({ stopping, secondsLeft = null }) => (stopping ? text.stopping : timeLeft(secondsLeft));

/** Where images are the input. @param {{done: number, total: number} | null} [images] */
const throughNetwork = (images) => (images ? fill(text.throughNetwork, { done: images.done, images: counted(images.total, words.nouns.image) }) : "");

/** @param {State} state @returns {Progress} */
function idleProgress(state) {
  const images = imageCount(state);
  const classes = filledClasses(state).length;
  const have = fill(text.have, { images: counted(images, words.nouns.image), classes: counted(classes, words.nouns.class) });
  if (images === 0) return { title: text.noImages, detail: text.addImages, share: 0 };
  if (classes < 2) return { title: have, detail: text.addClass, share: 0 };
  if (!state.report) return { title: have, detail: text.ready, share: 0 };
  if (state.stale) return { title: have, detail: text.stale, share: 0 };
  const seconds = state.run && "trainSeconds" in state.run ? Number(state.run.trainSeconds) : 0;
  return { title: text.trained, detail: joined(fill(text.took, { epochs: counted(state.history.length, words.nouns.epoch), time: duration(seconds) }), have), share: 1 };
}

let lastAnnounced = "";
let lastTime = 0;

/** Tells screen readers each new stage, and how far it is every ten seconds. @param {State} state @param {Progress} shown */
function announce({ job }, { title, detail }) {
  const stage = job?.kind === "training" ? `training ${job.step} ${job.paused}` : title;
  if (stage === lastAnnounced && (!job || performance.now() - lastTime < 10_000)) return;
  lastAnnounced = stage;
  lastTime = performance.now();
  setText(byId("announcer", HTMLElement), joined(title, detail));
}
