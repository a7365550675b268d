// Changes what the network sees of the images: of all, of a class or of some, each with its way back. The trainer computes the rows
// that change; here each thumbnail follows.

import { itemOfImage } from "./adding.js";
import { history, imagesOf, rootOf } from "./edits.js";
import { words } from "./language.js";
import { report } from "./problems.js";
import { runJob } from "./session.js";
import { change, changeOnArrival, imagesById, state } from "./state.js";
import { counted, fill } from "./words.js";
import { textOfFit } from "../shared/image_fit.js";

/** @typedef {import("../shared/image_fit.js").ImageFit} ImageFit */
/** @typedef {import("./state.js").Image} Image */
/** `images` alone, else the class, else the project. @typedef {{fit: ImageFit, images?: Image[], label?: string}} Choice */
/** @typedef {Omit<import("./fit_calls.js").FitOptions, "onProgress" | "onImage" | "signal">} Wanted */

const text = words.fit;
/** @type {AbortController | null} */
let stopper = null;

/** What a fit is called. @param {ImageFit} fit */
export const nameOfFit = (fit) => (typeof fit === "string" ? text[fit] : text.region);

/** @param {ImageFit} a @param {ImageFit} b */
export const isSameFit = (a, b) => textOfFit(a) === textOfFit(b);

/** What a class's images take when they come. @param {string} [label] without it, the project's */
export const fitFor = (label) => (label !== undefined && Object.hasOwn(state.fits.classes, label) ? state.fits.classes[label] : state.fits.fit);

/** The images whose fit a choice changes, as the trainer takes them. @param {Choice} choice */
export function changedBy({ fit, images, label }) {
  const all = images ?? [...imagesById(state).values()].filter((image) =>
    (label === undefined ? !Object.hasOwn(state.fits.classes, image.label) && isSameFit(image.fit, state.fits.fit) : image.label === label));
  return all.filter((image) => !isSameFit(image.fit, fit));
}

/** @param {Choice} choice */
export async function chooseFit({ fit, images, label }) {
  const changing = changedBy({ fit, images, label });
  const before = byFit(changing);
  const roots = changing.map(rootOf);
  const inherited = fitFor(label);
  const redo = () => refit(images ? { fit, ids: imagesOf(roots).map(({ id }) => id) } : { fit, label });
  const undo = async () => {
    for (const { fit, roots } of before) if (!(await refit({ fit, ids: imagesOf(roots).map(({ id }) => id) }))) return false;
    return images !== undefined || refit({ fit: inherited, label, existing: false });
  };
  await history.perform({ words: doneWords({ fit, images, label }, changing.length), redo, undo });
}

/** @param {Image[]} images */
function byFit(images) {
  const texts = [...new Set(images.map(({ fit }) => textOfFit(fit)))];
  return texts.map((text) => {
    const same = images.filter(({ fit }) => textOfFit(fit) === text);
    return { fit: same[0].fit, roots: same.map(rootOf) };
  });
}

/** @param {Choice} choice @param {number} count */
function doneWords({ fit, images, label }, count) {
  const seen = nameOfFit(fit);
  if (images) return fill(text.doneImages, { images: counted(count, words.nouns.image), fit: seen });
  return label === undefined ? fill(text.doneAll, { fit: seen }) : fill(text.doneClass, { label, fit: seen });
}

/** Gives true where anything was done. @param {Wanted} wanted */
async function refit(wanted) {
  let [done, isOver] = [0, false];
  const { signal } = (stopper = new AbortController());
  const places = new Map([...state.classes.values()].flatMap((group) => group.images.map((image, at) => [image.id, { group, at }])));
  /** @param {Image} image */
  const onImage = (image) => {
    done++;
    const [place, item] = [places.get(image.id), itemOfImage(image.id)];
    if (item) item.fit = image.fit;
    changeOnArrival((s) => {
      if (place) {
        place.group.images[place.at] = image;
        place.group.version++;
      }
      s.stale = s.report !== null;
    });
  };
  await runJob({ kind: "refitting", total: 0, done: 0, imagesPerSecond: 0, secondsLeft: null, paused: false, stopping: false }, async (trainer) => {
    const { rejected } = await trainer.setFit({ ...wanted, signal, onProgress, onImage });
    isOver = true;
    change((s) => (s.rejected = [...s.rejected, ...rejected]));
    await takeFits(trainer);
  });
  if (signal.aborted) report("stopped", counted(done, text.stopped), { tone: "notice" });
  return isOver || done > 0;
}

/** @param {import("./pace.js").Progress} progress */
function onProgress({ done, total, imagesPerSecond, secondsLeft }) {
  changeOnArrival((s) => s.job?.kind === "refitting" && Object.assign(s.job, { done, total, imagesPerSecond, secondsLeft }));
}

/** What was reached stays as it is now. */
export function stopRefitting() {
  change((s) => {
    if (s.job?.kind === "refitting") s.job.stopping = true;
  });
  stopper?.abort();
}

/** @param {import("./trainer.js").Trainer} trainer */
export async function takeFits(trainer) {
  const fits = await trainer.fits();
  change((s) => (s.fits = fits));
}

/** A kept project knows what its images take; another trainer is told what they took. @param {import("./trainer.js").Trainer} trainer */
export async function shareFits(trainer) {
  if (!trainer.kept?.id) {
    const { fit, classes } = state.fits;
    await trainer.setFit({ fit, existing: false });
    for (const [label, fit] of Object.entries(classes)) await trainer.setFit({ fit, label, existing: false });
  }
  await takeFits(trainer);
}
