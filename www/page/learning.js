// Would more photos help? Accuracy by heads that were trained on a part of the images, as bars with their numbers. Draws no
// promise: it says how much the last doubling brought.

import { mostFrequent } from "./baseline.js";
import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { isAsked, startOrQueue } from "./queue.js";
import { currentTrainer, runJob } from "./session.js";
import { change, state } from "./state.js";
import { counted, fill, percent, percentRange, points as inPoints, sentences } from "./words.js";

/** @typedef {import("./state.js").LearningPoint} LearningPoint */

const text = words.learning;
/** Parts that are trained on; `learning_curve.rs` has them. */
const PARTS = 6;
/** @type {AbortController | null} */
let stopper = null;
/** Of nothing yet, not even of none. @type {LearningPoint[] | null | undefined} */
let drawn;

export function wireLearning() {
  byId("learning-start", HTMLButtonElement).addEventListener("click", () => startOrQueue({ key: "learning", title: text.job, start: () => void find() }));
}

export const stopLearning = () => stopper?.abort();

async function find() {
  if (!currentTrainer() || state.job) return;
  stopper = new AbortController();
  const { signal } = stopper;
  await runJob({ kind: "reviewing", key: "learning", title: text.job, done: 0, stopping: false }, async (trainer) => {
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
  byId("learning-start", HTMLButtonElement).disabled = isAsked(state, "learning");
  if (learning === drawn) return;
  drawn = learning;
  setText(byId("learning-words", HTMLElement), wordsFor(learning ?? []));
  const { share } = mostFrequent(state);
  byId("learning-list", HTMLElement).replaceChildren(...(learning ?? []).map((point) => bar(point, share)));
}

/** @param {LearningPoint[]} points */
function wordsFor(points) {
  const [before, last] = [points.at(-2), points.at(-1)];
  if (!before || !last || points.length < 3) return text.lead;
  const gain = last.accuracy - before.accuracy;
  const found = gain >= 0.02 ? text.rose : gain > -0.02 ? text.same : text.fell;
  const baseline = fill(text.baseline, { share: percent(mostFrequent(state).share) });
  return sentences(fill(found, { before: before.images, last: counted(last.images, words.nouns.trainingImage), gain: inPoints(gain) }), baseline);
}

/** @param {LearningPoint} point @param {number} baseline of always answering the most frequent class */
function bar({ images, accuracy, interval }, baseline) {
  const share = element("span", { className: "lane-fill" });
  share.style.setProperty("--share", String(accuracy));
  const line = element("span", { className: "lane-baseline" });
  line.style.setProperty("--share", String(baseline));
  const track = element("span", { className: "lane-track", ariaHidden: "true" }, share, line);
  const figures = fill(text.figures, { accuracy: percent(accuracy), range: percentRange(interval) });
  return element("li", {}, element("span", { className: "lane-name" }, counted(images, words.nouns.image)), " ", element("span", { className: "lane-value" }, figures), track);
}
