// The bar that is always in view: what happens now, how long it takes, and the one button for what comes next.

import { byId, setText } from "./elements.js";
import { words } from "./language.js";
import { overTitle } from "./long_work.js";
import { filledClasses, imageCount } from "./state.js";
import { counted, duration, joined, number, percent, speed, timeLeft } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {{title: string, detail: string, share: number}} Progress */

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
  train.disabled = trainAfterAdding || job?.kind === "reviewing" || (imageCount(state) === 0 && !isComing) || (state.engine === "failed" && !isComing);
  setText(train, trainAfterAdding ? "Trains next" : state.report ? "Train again" : "Train");
  const fitting = training?.step === "fitting";
  const canStop = fitting || training?.step === "augmenting";
  moveFocusOnHide(() => {
    byId("pause", HTMLButtonElement).hidden = !fitting || training.paused || training.stopping;
    byId("resume", HTMLButtonElement).hidden = !fitting || !training.paused;
    byId("stop", HTMLButtonElement).hidden = job === null || (job.kind === "training" && !canStop);
  });
  byId("stop", HTMLButtonElement).disabled = job?.stopping ?? false;
  drawTitle(job === null ? null : shown.share);
  announce(state, shown);
}

const TITLE = "headstart: train an image classifier in your own browser";
/** Between two titles while a job runs: each took half of the script of a draw, and the browser draws its tabs anew. */
const TITLE_MS = 1000;
let titledAt = -Infinity;

/** @param {number | null} share of the job, null where none runs */
function drawTitle(share) {
  const title = share === null ? overTitle() || TITLE : `${Math.floor(share * 100)} % · headstart`;
  const isEarly = share !== null && performance.now() < titledAt + TITLE_MS;
  if (title === document.title || isEarly) return;
  document.title = title;
  titledAt = share === null ? -Infinity : performance.now();
}

/** A button that vanishes under the focus hands it to one that stays. @param {() => void} draw */
function moveFocusOnHide(draw) {
  const before = document.activeElement;
  draw();
  if (!(before instanceof HTMLButtonElement) || !before.hidden || !before.closest(".dock")) return;
  const next = ["pause", "resume", "stop", "train"].map((id) => byId(id, HTMLButtonElement)).find((button) => !button.hidden);
  next?.focus({ preventScroll: true });
}

/** @param {State} state @returns {Progress} */
function progress(state) {
  const { job, gathering, engine, waiting } = state;
  if (job?.kind === "training") return trainingProgress(state, job);
  if (job?.kind === "lab") {
    const left = job.stopping ? "stopping" : timeLeft(job.secondsLeft);
    const reading = job.reading ? `${job.reading.done} of ${counted(job.reading.total, words.nouns.image)} through the network` : "";
    return { title: job.title, detail: joined(`${job.done} of ${counted(job.total, words.nouns.epoch)}`, left, reading), share: job.done / Math.max(1, job.total) };
  }
  if (job?.kind === "adding") {
    const left = job.stopping ? "stopping" : timeLeft(job.secondsLeft);
    const then = state.trainAfterAdding ? "then training starts" : "";
    const detail = joined(`${number(job.done)} of ${number(job.total)}`, speed(job.imagesPerSecond), left, then);
    return { title: "Reading the images", detail, share: job.done / Math.max(1, job.total) };
  }
  if (job?.kind === "reviewing") return { title: job.title, detail: job.stopping ? "stopping" : joined(percent(job.done), timeLeft(job.secondsLeft ?? null)), share: job.done };
  if (gathering) return { title: gathering, detail: "", share: 0 };
  if (waiting > 0) {
    const weights = state.weights === null ? "" : `, ${percent(Math.floor(state.weights * 100) / 100)} of it here`;
    const loading = engine === "failed" ? "The network could not be loaded." : `Waiting for the network${weights}.`;
    const why = state.failed ? "An error stopped the work." : loading;
    return { title: `${counted(waiting, words.nouns.image)} chosen`, detail: why, share: 0 };
  }
  return idleProgress(state);
}

/** @param {State} state @param {import("./state.js").TrainingJob} job @returns {Progress} */
function trainingProgress({ history, plannedEpochs, augmenting }, job) {
  if (job.step === "checking") return { title: "Checking the images", detail: "", share: 0 };
  if (job.step === "augmenting") {
    const { done, total } = augmenting ?? { done: 0, total: 1 };
    const left = job.stopping ? "stopping" : timeLeft(job.secondsLeft);
    return { title: "Looking at changed views", detail: joined(augmenting ? `${number(done)} of ${counted(total, words.nouns.image)}` : "", left), share: done / total };
  }
  if (job.step === "evaluating") return { title: "Validating the best epoch", detail: "", share: 1 };
  const title = job.paused ? `Paused after epoch ${history.length}` : `Epoch ${Math.min(plannedEpochs, history.length + 1)} of ${plannedEpochs}`;
  const last = history.at(-1);
  const accuracy = last ? `validation ${percent(last.valAccuracy)}` : "";
  const left = job.stopping ? "stopping" : job.paused ? "" : timeLeft(job.secondsLeft);
  const images = job.images && !job.paused ? `${number(job.images.done)} of ${counted(job.images.total, words.nouns.image)} through the network` : "";
  return { title, detail: joined(accuracy, left, images), share: history.length / Math.max(1, plannedEpochs) };
}

/** @param {State} state @returns {Progress} */
function idleProgress(state) {
  const images = imageCount(state);
  const classes = filledClasses(state).length;
  const have = `${counted(images, words.nouns.image)} in ${counted(classes, words.nouns.class)}`;
  if (images === 0) return { title: "No images yet", detail: "Add images of at least two classes to begin.", share: 0 };
  if (classes < 2) return { title: have, detail: "Add a second class to train.", share: 0 };
  if (!state.report) return { title: have, detail: "Ready to train.", share: 0 };
  if (state.stale) return { title: have, detail: "The images have changed since the last training.", share: 0 };
  const seconds = state.run && "trainSeconds" in state.run ? Number(state.run.trainSeconds) : 0;
  return { title: "Trained", detail: joined(`${counted(state.history.length, words.nouns.epoch)} in ${duration(seconds)}`, have), share: 1 };
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
