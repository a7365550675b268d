// What the numbers allow to say, in plain words: each rule and its limits stand in docs/verdict.md, too. Pure: no document.

import { words } from "./language.js";
import { counted, fill, listed, percent, points } from "./words.js";

/** @typedef {import("../shared/protocol.js").Report} Report */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** `classes`: how many images each has. `groups`: of images that look alike, the classes of each.
 * @typedef {{classes: {label: string, images: number}[], groups: string[][], options: FitOptions, epochs: number}} Around
 */
/** `code`: for tests and programs. @typedef {{code: string, words: string}} Finding */

const text = words.verdict;
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
  const found = [fit(report, around), baseline(report), ...size(report), ...balance(report, around), ...lookalikes(around)];
  return found.map(({ code, words }) => ({ code, words: words.replaceAll(" %", "\u00a0%") }));
}

/** Training against validation. Where training lies inside the range of validation, the difference may be chance.
 * @param {Report} report @param {Around} around @returns {Finding}
 */
function fit({ accuracy, interval, trainAccuracy, bestEpoch, ...rest }, { options, epochs }) {
  const guess = guessOf(/** @type {Report} */ (rest));
  const training = percent(trainAccuracy);
  if (trainAccuracy > interval[1]) {
    const { images, augment, linear } = text.cures;
    const cures = listed([images, ...(options.augment ? [] : [augment]), ...(options.head === "mlp" ? [linear] : [])], "or");
    return { code: "overfitting", words: fill(text.overfitting, { gap: points(trainAccuracy - accuracy), training, cures }) };
  }
  if (trainAccuracy < guess + LEARNT * (1 - guess)) {
    return { code: "underfitting", words: fill(bestEpoch >= 0.9 * epochs ? text.underfittingLate : text.underfitting, { training }) };
  }
  if (trainAccuracy < interval[0]) return { code: "easy-validation", words: fill(text.easyValidation, { training }) };
  return { code: "fits", words: fill(text.fits, { training }) };
}

/** @param {Report} report @returns {Finding} */
function baseline(report) {
  const { accuracy, interval } = report;
  const guess = guessOf(report);
  const values = { guess: percent(guess) };
  if (accuracy <= guess) return { code: "below-baseline", words: fill(text.belowBaseline, values) };
  if (interval[0] <= guess) return { code: "near-baseline", words: fill(text.nearBaseline, values) };
  return { code: "baseline", words: fill(text.baseline, values) };
}

/** @param {Report} report @returns {Finding[]} */
function size({ validation, interval }) {
  const width = interval[1] - interval[0];
  if (validation >= FEW_VALIDATION && width <= WIDE) return [];
  return [{ code: "small-validation", words: counted(validation, text.smallValidation, { width: points(width) }) }];
}

/** @param {Report} report @param {Around} around @returns {Finding[]} */
function balance({ perClass }, { classes, options }) {
  /** @type {Finding[]} */
  const found = [];
  const total = classes.reduce((sum, { images }) => sum + images, 0);
  const [most] = [...classes].sort((a, b) => b.images - a.images);
  const few = classes.filter(({ images }) => images < FEW_IMAGES);
  if (few.length > 0) found.push({ code: "few-images", words: counted(few.length, text.fewImages, { classes: classesOf(few), few: FEW_IMAGES }) });
  if (most && most.images > DOMINANT * total) {
    const isBalanced = options.classWeight === "balanced";
    found.push({ code: "dominant-class", words: fill(isBalanced ? text.dominantBalanced : text.dominant, { label: most.label, share: percent(most.images / total) }) });
  }
  const missed = perClass.filter(({ support, recall }) => support > 0 && recall === 0).map(({ label }) => label);
  if (missed.length > 0) found.push({ code: "missed-class", words: fill(text.missed, { labels: listed(missed, "or") }) });
  return found;
}

/** @param {Around} around @returns {Finding[]} */
function lookalikes({ groups, options }) {
  /** @type {Finding[]} */
  const found = [];
  const mixed = groups.filter((labels) => new Set(labels).size > 1);
  if (mixed.length > 0) found.push({ code: "mixed-duplicates", words: counted(mixed.length, text.mixed, { labels: listed([...new Set(mixed[0])].sort(), "or") }) });
  if (options.split === "tail" && groups.length > 0) found.push({ code: "leaky-split", words: text.leaky });
  return found;
}

/** "cats (3) and dogs (9)", at most three of them. @param {Around["classes"]} few */
function classesOf(few) {
  const names = few.map((one) => fill(text.classWithImages, one));
  return listed(names.length > 3 ? [...names.slice(0, 2), counted(names.length - 2, text.moreClasses)] : names);
}
