// Would more photos help? Accuracy by heads that were trained on a part of the images, as bars with their numbers. Draws no
// promise: it says how much the last doubling brought.

import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { currentTrainer, runJob } from "./session.js";
import { change, state } from "./state.js";
import { counted, percent, points as inPoints } from "./words.js";

/** @typedef {import("./state.js").LearningPoint} LearningPoint */

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
  await runJob({ kind: "reviewing", title: "Training on parts of the images", done: 0, stopping: false }, async (trainer) => {
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
  if (!before || !last || points.length < 3) return "Heads are trained on a part of the images, from few to all, and validated on the same images.";
  const gain = last.accuracy - before.accuracy;
  const step = `From ${before.images} to ${counted(last.images, words.nouns.trainingImage)} validation accuracy`;
  if (gain >= 0.02) return `${step} rose by ${inPoints(gain)}: more photos are likely to help.`;
  if (gain > -0.02) return `${step} hardly changed: more photos of the same kind may not help much.`;
  return `${step} fell by ${inPoints(gain)}, which is chance: too few images to tell.`;
}

/** @param {LearningPoint} point */
function bar({ images, accuracy, interval }) {
  const fill = element("span", { className: "lane-fill" });
  fill.style.setProperty("--share", String(accuracy));
  const track = element("span", { className: "lane-track", ariaHidden: "true" }, fill);
  const figures = `${percent(accuracy)} (${percent(interval[0])} to ${percent(interval[1])})`;
  return element("li", {}, element("span", { className: "lane-name" }, counted(images, words.nouns.image)), " ", element("span", { className: "lane-value" }, figures), track);
}
