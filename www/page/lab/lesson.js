// The five steps of the lesson. Each asks for a guess before it shows; what it says then comes from what was measured.

import { percent, points } from "../words.js";
import { insideNow, lastRun } from "./runs.js";

/** @typedef {import("./runs.js").Wanted} Wanted */
/** @typedef {import("./runs.js").LabRun} LabRun */

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
  return guess === right ? `You guessed “${choices[guess]}”: right.` : `You guessed “${choices[guess]}”. It is “${choices[right]}”.`;
}

/** @returns {{stored: LabRun, batch: LabRun, lost: number} | null} */
function reproduced() {
  const [stored, batch] = [lastRun({ policy: "stored" }), lastRun({ policy: "batch" })];
  return stored && batch ? { stored, batch, lost: last(stored) - last(batch) } : null;
}

/** @type {Step} */
const puzzle = {
  id: "puzzle",
  title: "The puzzle",
  text: [
    "Somebody froze a ResNet50, put a new head on it and trained it on images. On the training images it reached 100 %. On validation it fell from 50 % to 30 %.",
    "The same head on features computed beforehand by the same frozen network: 85 %. And with VGG19 in place of ResNet50, training on images worked at once.",
  ],
  question: "What do you think went wrong?",
  choices: ["The head overfits", "The frozen network does not do the same in training and in validation", "ResNet50 suits these images badly"],
  button: "Keep my guess",
  runs: [],
  bars: [{ name: "ResNet50, trained on images", share: 0.3 }, { name: "ResNet50, features computed beforehand", share: 0.85 }],
  answer: (guess) => {
    if (guess === null) return [];
    const replies = [
      "The head and the images were the same both times, and once it reached 85 %. Overfitting alone does not explain that.",
      "Then something in ResNet50 must differ between the two phases that VGG19 does not have.",
      "With features computed beforehand the same ResNet50 reached 85 %. It knows enough about these images.",
    ];
    return [replies[guess], "ResNet50 has BatchNorm layers, VGG19 has none. See for yourself what they do."];
  },
};

/** @type {Step} */
const reproduce = {
  id: "reproduce",
  title: "Reproduce it",
  text: [
    "A BatchNorm layer subtracts a mean and divides by a standard deviation. It has a choice of two: those stored with the weights, or those of the images in the batch at hand.",
    "Two heads learn from the same frozen network. One always gets stored statistics. The other gets the batch's while it trains and the stored ones in validation, as Keras did before TensorFlow 2.",
  ],
  question: "How much lower will the second one validate?",
  choices: ["Less than 5 points", "5 to 20 points", "More than 20 points"],
  button: "Train both",
  runs: [{ policy: "stored" }, { policy: "batch" }],
  answer: (guess) => {
    const found = reproduced();
    if (!found) return [];
    const { stored, batch, lost } = found;
    const right = lost >= LARGE ? 2 : lost >= SMALL ? 1 : 0;
    const figures = `With stored statistics validation ends at ${percent(last(stored))}. With the batch's, training ends at ${percent(lastTraining(batch))} and validation at ${percent(last(batch))}: ${points(lost)} ${lost >= 0 ? "lower" : "higher"}.`;
    const close = "These images are close to the photos that the network was trained on, so a batch's statistics come close to the stored ones and little is lost. The solar cells are far from any photo: try them too.";
    return [judged(guess, right, reproduce.choices), figures, lost < SMALL ? close : ""].filter(Boolean);
  },
};

/** @type {Step} */
const inside = {
  id: "inside",
  title: "Look inside",
  text: ["Now the same images go through the network twice: once with the stored statistics, once with those of their batch. The weights are the same, only what BatchNorm subtracts and divides by is not."],
  question: "Does the head see the same features both times?",
  choices: ["Yes, nearly", "A little shifted", "It might as well be other images"],
  button: "Look inside",
  runs: [{ policy: "batch" }],
  shows: "inside",
  answer: (guess) => {
    const found = insideNow();
    if (!found || found.layers.length === 0) return ["This network has no BatchNorm layer, so the features are the same both times, bit for bit."];
    const { moved } = found.projection;
    const right = moved >= 1 ? 2 : moved >= 0.3 ? 1 : 0;
    const mean = found.layers.reduce((sum, layer) => sum + layer.distance, 0) / found.layers.length;
    const most = found.layers.reduce((a, b) => (b.distance > a.distance ? b : a));
    return [
      judged(guess, right, inside.choices),
      `In the ${found.layers.length} BatchNorm layers the batches' statistics lie ${mean.toFixed(2)} stored standard deviations from the stored ones on average, ${most.distance.toFixed(2)} in ${most.layer}.`,
      `From layer to layer that adds up: the same picture's features move by ${moved.toFixed(1)} times their usual distance from the centre. A head that learned the one kind is asked about the other.`,
    ].filter(Boolean);
  },
};

/** @type {Step} */
const cure = {
  id: "cure",
  title: "Cure it",
  text: [
    "Three cures. Stored statistics in both phases, which is features computed once and what headstart does. Statistics that follow the training images as a moving average (“updated”), used in validation. Or statistics measured once on all training images (“re-estimated”) and used in both phases.",
    "A moving average with momentum 0.99 takes in a hundredth of each batch's statistics; with 0.9, a tenth.",
  ],
  question: "Which cure will come out last?",
  choices: ["Updated, momentum 0.99", "Updated, momentum 0.9", "Re-estimated"],
  button: "Try the cures",
  runs: [{ policy: "updated", momentum: 0.99 }, { policy: "updated", momentum: 0.9 }, { policy: "reestimated" }],
  beside: [{ policy: "stored" }],
  answer: (guess) => {
    const runs = cure.runs.map((wanted) => lastRun(wanted));
    const [slow, fast, once] = runs;
    if (!slow || !fast || !once) return [];
    const scores = [slow, fast, once].map(last);
    const right = scores.indexOf(Math.min(...scores));
    const figures = `Updated with 0.99 validates at ${percent(scores[0])}, with 0.9 at ${percent(scores[1])}, re-estimated at ${percent(scores[2])}.`;
    const way = `After ${slow.updates} updates the averages with momentum 0.99 have come ${percent(slow.come)} of the way to the statistics of these images, those with 0.9 ${percent(fast.come)}. Few images mean few updates.`;
    return [judged(guess, right, cure.choices), figures, way].filter(Boolean);
  },
};

/** @type {Step} */
const habit = {
  id: "habit",
  title: "The habit",
  text: ["A colleague freezes a network with BatchNorm and trains a head. Training says 99 %, validation 40 %."],
  question: "What do you look at first?",
  choices: ["More dropout in the head", "Whether the frozen layers run in inference mode during training", "A smaller learning rate"],
  button: "Check",
  runs: [],
  shows: "code",
  answer: (guess) => {
    if (guess === null) return [];
    const replies = [
      "Dropout changes how the head learns, not what it is fed. First make sure that it is fed the same in both phases.",
      "Right. Freezing the weights does not by itself decide which statistics are used.",
      "The learning rate changes how fast the head learns, not what it is fed. First make sure that it is fed the same in both phases.",
    ];
    return [replies[guess], "The habit: a frozen network runs in inference mode, always. Simplest of all, compute the features once, then train the head on them. It is also many times faster."];
  },
};

export const STEPS = [puzzle, reproduce, inside, cure, habit];
