// Would more photos help? Accuracy by heads that were trained on a part of the images, as bars with their numbers. Draws no
// promise: it says how much the last doubling brought.

import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { currentTrainer, runJob } from "./session.js";
import { change, state } from "./state.js";
import { counted, fill, percent, percentRange, points as inPoints } from "./words.js";

/** @typedef {import("./state.js").LearningPoint} LearningPoint */

const text = words.learning;
/** Parts that are trained on; `learning_curve.rs` has them. */
const PARTS = 6;
/** @type {AbortController | null} */
let stopper = null;
/** @type {LearningPoint[] | null} */
let drawn = null;

export function wireLearning() {
  byId("learning-start", HTMLButtonElement).addEventListener("click", () => void find());
}

export const stopLearning = () => stopper?.abort();

async function find() {
  if (!currentTrainer() || state.job) return;
  stopper = new AbortController();
  const { signal } = stopper;
  await runJob({ kind: "reviewing", title: text.job, done: 0, stopping: false }, async (trainer) => {
    change((s) => (s.learning = []));
    const onPoint = (/** @type {LearningPoint} */ point) => change((s) => {
      s.learning = [...(s.learning ?? []), point];
      if (s.job?.kind === "reviewing") s.job.done = s.learning.length / PARTS;
    });
    await trainer.learningCurve({ ...state.options, signal, onPoint });
  });
}

/** @param {import("./state.js").State} state */
export function drawLearning({ learning, job }) {
  byId("learning-start", HTMLButtonElement).disabled = job !== null;
  if (learning === drawn) return;
  drawn = learning;
  setText(byId("learning-words", HTMLElement), wordsFor(learning ?? []));
  byId("learning-list", HTMLElement).replaceChildren(...(learning ?? []).map(bar));
}

/** @param {LearningPoint[]} points */
function wordsFor(points) {
  const [before, last] = [points.at(-2), points.at(-1)];
  if (!before || !last || points.length < 3) return text.lead;
  const gain = last.accuracy - before.accuracy;
  const found = gain >= 0.02 ? text.rose : gain > -0.02 ? text.same : text.fell;
  return fill(found, { before: before.images, last: counted(last.images, words.nouns.trainingImage), gain: inPoints(gain) });
}

/** @param {LearningPoint} point */
function bar({ images, accuracy, interval }) {
  const share = element("span", { className: "lane-fill" });
  share.style.setProperty("--share", String(accuracy));
  const track = element("span", { className: "lane-track", ariaHidden: "true" }, share);
  const figures = fill(text.figures, { accuracy: percent(accuracy), range: percentRange(interval) });
  return element("li", {}, element("span", { className: "lane-name" }, counted(images, words.nouns.image)), " ", element("span", { className: "lane-value" }, figures), track);
}
