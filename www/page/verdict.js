// What the numbers allow to say, in plain words: each rule and its limits stand in docs/verdict.md, too. Pure: no document.

import { words } from "./language.js";
import { counted, percent, points } from "./words.js";

/** @typedef {import("../shared/protocol.js").Report} Report */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** `classes`: how many images each has. `groups`: of images that look alike, the classes of each.
 * @typedef {{classes: {label: string, images: number}[], groups: string[][], options: FitOptions, epochs: number}} Around
 */
/** `code`: for tests and programs. @typedef {{code: string, words: string}} Finding */

/** Below so many validation images no claim is made, nor where their interval is wider than `WIDE`. */
const FEW_VALIDATION = 30;
const WIDE = 0.2;
/** Images of a class. */
const FEW_IMAGES = 20;
/** Share of the images that one class has. */
const DOMINANT = 0.6;
/** Of the way from guessing to all right: training that stays below has not learnt its own images. */
const LEARNT = 0.6;

/** What always answering the most frequent class gives. @param {Report} report */
export const guessOf = ({ perClass, validation }) => Math.max(0, ...perClass.map((figures) => figures.support)) / Math.max(1, validation);

/** The most important first. @param {Report} report @param {Around} around @returns {Finding[]} */
export function verdict(report, around) {
  const found = [...fit(report, around), ...baseline(report), ...size(report), ...balance(report, around), ...lookalikes(around)];
  return found.map(({ code, words }) => ({ code, words: words.replaceAll(" %", "\u00a0%") }));
}

/** Training against validation. Where training lies inside the range of validation, the difference may be chance.
 * @param {Report} report @param {Around} around @returns {Finding[]}
 */
function fit({ accuracy, interval, trainAccuracy, bestEpoch, ...rest }, { options, epochs }) {
  const guess = guessOf(/** @type {Report} */ (rest));
  if (trainAccuracy > interval[1]) {
    const cures = ["more images", ...(options.augment ? [] : ["augmentation"]), ...(options.head === "mlp" ? ["the linear head"] : [])];
    return [{ code: "overfitting", words: `Validation is ${points(trainAccuracy - accuracy)} below training (${percent(trainAccuracy)}): overfitting. Try ${listed(cures)}.` }];
  }
  if (trainAccuracy < guess + LEARNT * (1 - guess)) {
    const more = bestEpoch >= 0.9 * epochs ? "more epochs, " : "";
    return [{ code: "underfitting", words: `It calls only ${percent(trainAccuracy)} of the images right that it was trained on: it has not learnt them. Try ${more}a larger learning rate, or look for wrong labels.` }];
  }
  if (trainAccuracy < interval[0]) return [{ code: "easy-validation", words: `On the images it was trained on it reaches ${percent(trainAccuracy)}, less than on new ones, which is luck or easy validation images.` }];
  return [{ code: "fits", words: `Training accuracy is ${percent(trainAccuracy)}, within that range: no sign of overfitting.` }];
}

/** @param {Report} report @returns {Finding[]} */
function baseline(report) {
  const { accuracy, interval } = report;
  const guess = guessOf(report);
  const words = `Always answering the most frequent class would give ${percent(guess)}`;
  if (accuracy <= guess) return [{ code: "below-baseline", words: `${words}, so this is no better than guessing. The images may not show the difference, or labels are mixed up.` }];
  if (interval[0] <= guess) return [{ code: "near-baseline", words: `${words}, so this is not yet surely better.` }];
  return [{ code: "baseline", words: `${words}.` }];
}

/** @param {Report} report @returns {Finding[]} */
function size({ validation, interval }) {
  const width = interval[1] - interval[0];
  if (validation >= FEW_VALIDATION && width <= WIDE) return [];
  return [{ code: "small-validation", words: `${counted(validation, words.nouns.validationImage)} are too few for a claim: the range is ${points(width)} wide. Cross-validate, which judges every image, or add images.` }];
}

/** @param {Report} report @param {Around} around @returns {Finding[]} */
function balance({ perClass }, { classes, options }) {
  /** @type {Finding[]} */
  const found = [];
  const total = classes.reduce((sum, { images }) => sum + images, 0);
  const [most] = [...classes].sort((a, b) => b.images - a.images);
  const few = classes.filter(({ images }) => images < FEW_IMAGES);
  if (few.length > 0) found.push({ code: "few-images", words: `${classesOf(few.map(({ label, images }) => `${label} (${images})`))} fewer than ${FEW_IMAGES} images: add some first where there are fewest.` });
  if (most && most.images > DOMINANT * total) {
    const cure = options.classWeight === "balanced" ? "Read the recall of each class below, not the accuracy alone." : "Try balanced class weights, and read the recall of each class below.";
    found.push({ code: "dominant-class", words: `${most.label} is ${percent(most.images / total)} of the images, which makes a high accuracy easy. ${cure}` });
  }
  const missed = perClass.filter(({ support, recall }) => support > 0 && recall === 0).map(({ label }) => label);
  if (missed.length > 0) found.push({ code: "missed-class", words: `No validation image of ${listed(missed)} was called right. Look at them in the confusion matrix.` });
  return found;
}

/** @param {Around} around @returns {Finding[]} */
function lookalikes({ groups, options }) {
  /** @type {Finding[]} */
  const found = [];
  const mixed = groups.filter((labels) => new Set(labels).size > 1);
  if (mixed.length > 0) found.push({ code: "mixed-duplicates", words: `${counted(mixed.length, words.nouns.group)} of near-duplicates ${mixed.length === 1 ? "is" : "are"} in more than one class (${listed([...new Set(mixed[0])].sort())}): a label is wrong, or the images do not show the difference.` });
  if (options.split === "tail" && groups.length > 0) found.push({ code: "leaky-split", words: `The tail was held back, which puts near-duplicates on both sides: the accuracy flatters. Hold back a fixed random share instead.` });
  return found;
}

/** @param {string[]} names */
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);

/** "cats (3) and dogs (9) have", at most three of them. @param {string[]} names */
function classesOf(names) {
  if (names.length === 1) return `${names[0]} has`;
  if (names.length > 3) return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more classes have`;
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)} have`;
}
