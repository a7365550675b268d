// The five steps of the lesson. Each asks for a guess before it shows; what it says then comes from what was measured.

import { words } from "../language.js";
import { fill, percent, points } from "../words.js";
import { insideNow, lastRun } from "./runs.js";

/** @typedef {import("./runs.js").Wanted} Wanted */
/** @typedef {import("./runs.js").LabRun} LabRun */

const text = words.lab_lesson;

/**
 * `runs`: what the step's button starts. `beside`: earlier runs that its curves are drawn with. `answer`: empty until
 * there is something to say. `bars`: figures of the story.
 * @typedef {{
 *   id: string,
 *   title: string,
 *   text: string[],
 *   question: string,
 *   choices: string[],
 *   button: string,
 *   runs: Wanted[],
 *   answer: (guess: number | null) => string[],
 *   beside?: Wanted[],
 *   bars?: {name: string, share: number}[],
 *   shows?: "inside" | "code",
 * }} Step
 */

/** Accuracy at the last epoch: what training ends with, not its luckiest moment. @param {LabRun} run */
const last = (run) => run.history.at(-1)?.valAccuracy ?? 0;
/** @param {LabRun} run */
const lastTraining = (run) => run.history.at(-1)?.accuracy ?? 0;

/** From this difference on, the failure is there for all to see. */
const LARGE = 0.2;
const SMALL = 0.05;

/** @param {number | null} guess @param {number} right @param {string[]} choices */
function judged(guess, right, choices) {
  if (guess === null) return "";
  return fill(guess === right ? text.right : text.wrong, { guess: choices[guess], right: choices[right] });
}

/** @returns {{stored: LabRun, batch: LabRun, lost: number} | null} */
function reproduced() {
  const [stored, batch] = [lastRun({ policy: "stored" }), lastRun({ policy: "batch" })];
  return stored && batch ? { stored, batch, lost: last(stored) - last(batch) } : null;
}

/** @type {Step} */
const puzzle = {
  ...text.puzzle,
  id: "puzzle",
  runs: [],
  bars: [{ name: text.puzzle.onImages, share: 0.3 }, { name: text.puzzle.onFeatures, share: 0.85 }],
  answer: (guess) => (guess === null ? [] : [text.puzzle.replies[guess], text.puzzle.answer]),
};

/** @type {Step} */
const reproduce = {
  ...text.reproduce,
  id: "reproduce",
  runs: [{ policy: "stored" }, { policy: "batch" }],
  answer: (guess) => {
    const found = reproduced();
    if (!found) return [];
    const { lower, higher, close } = text.reproduce;
    const { stored, batch, lost } = found;
    const right = lost >= LARGE ? 2 : lost >= SMALL ? 1 : 0;
    const values = { stored: percent(last(stored)), training: percent(lastTraining(batch)), batch: percent(last(batch)), points: points(lost) };
    return [judged(guess, right, reproduce.choices), fill(lost >= 0 ? lower : higher, values), lost < SMALL ? close : ""].filter(Boolean);
  },
};

/** @type {Step} */
const inside = {
  ...text.inside,
  id: "inside",
  runs: [{ policy: "batch" }],
  shows: "inside",
  answer: (guess) => {
    const { none, distances, moved: away } = text.inside;
    const found = insideNow();
    if (!found || found.layers.length === 0) return [none];
    const { moved } = found.projection;
    const right = moved >= 1 ? 2 : moved >= 0.3 ? 1 : 0;
    const mean = found.layers.reduce((sum, layer) => sum + layer.distance, 0) / found.layers.length;
    const most = found.layers.reduce((a, b) => (b.distance > a.distance ? b : a));
    return [
      judged(guess, right, inside.choices),
      fill(distances, { count: found.layers.length, mean: mean.toFixed(2), most: most.distance.toFixed(2), layer: most.layer }),
      fill(away, { moved: moved.toFixed(1) }),
    ].filter(Boolean);
  },
};

/** @type {Step} */
const cure = {
  ...text.cure,
  id: "cure",
  runs: [{ policy: "updated", momentum: 0.99 }, { policy: "updated", momentum: 0.9 }, { policy: "reestimated" }],
  beside: [{ policy: "stored" }],
  answer: (guess) => {
    const runs = cure.runs.map((wanted) => lastRun(wanted));
    const [slow, fast, once] = runs;
    if (!slow || !fast || !once) return [];
    const scores = [slow, fast, once].map(last);
    const right = scores.indexOf(Math.min(...scores));
    const figures = fill(text.cure.figures, { slow: percent(scores[0]), fast: percent(scores[1]), once: percent(scores[2]) });
    const way = fill(text.cure.way, { updates: slow.updates, slow: percent(slow.come), fast: percent(fast.come) });
    return [judged(guess, right, cure.choices), figures, way].filter(Boolean);
  },
};

/** @type {Step} */
const habit = {
  ...text.habit,
  id: "habit",
  runs: [],
  shows: "code",
  answer: (guess) => (guess === null ? [] : [text.habit.replies[guess], text.habit.answer]),
};

export const STEPS = [puzzle, reproduce, inside, cure, habit];
