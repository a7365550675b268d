// Review: the validation images that surprised the head most, and labels that may be wrong. A label is put right by one
// click; the split stays, and the head is trained again.

import { showImage } from "./dialogs.js";
import { isSame } from "./drawing.js";
import { moveImages } from "./edits.js";
import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { isAsked, startOrQueue } from "./queue.js";
import { currentTrainer, runJob } from "./session.js";
import { change, imageCount, imagesById, state } from "./state.js";
import { thumbnailUrl } from "./told_image.js";
import { train } from "./training.js";
import { counted, fill, percent, sentences } from "./words.js";

/** @typedef {import("./state.js").Doubt} Doubt */
/** @typedef {import("./state.js").Image} Image */

const text = words.review;
/** Rows shown at most. */
const SHOWN = 24;
/** @type {unknown[]} */
let drawn = [];
/** The report's worst images, found once, and those of them that are shown: they stay while other images come. */
let surprises = { of: /** @type {unknown} */ (null), worst: /** @type {import("./state.js").Report["images"]} */ ([]), shown: /** @type {unknown[]} */ ([]) };
/** @type {AbortController | null} */
let stopper = null;

export function wireReview() {
  byId("review-start", HTMLButtonElement).addEventListener("click", () => startOrQueue({ key: "review", title: text.job, start: () => void look() }));
}

export const stopReview = () => stopper?.abort();

async function look() {
  if (!currentTrainer() || state.job) return;
  stopper = new AbortController();
  const { signal } = stopper;
  await runJob({ kind: "reviewing", key: "review", title: text.job, done: 0, stopping: false }, async (trainer) => {
    const onShare = (/** @type {number} */ done) => change((s) => s.job?.kind === "reviewing" && (s.job.done = done));
    const doubts = await trainer.review({ seed: state.options.seed, signal, onShare });
    change((s) => (s.doubts = doubts.filter((doubt) => doubt.likely)));
  });
}

/** @param {import("./state.js").State} state */
export function drawReview({ report, doubts, job }) {
  const count = imageCount(state);
  byId("review-start", HTMLButtonElement).disabled = isAsked(state, "review");
  const now = [report, doubts, job === null, count];
  if (isSame(now, drawn)) return;
  drawn = now;
  if (!report) return;
  const images = imagesById(state);
  drawSurprises(report, images);
  const known = (doubts ?? []).filter(({ id, label }) => images.get(id)?.label === label);
  const rows = known.slice(0, SHOWN).map((doubt) => doubtRow(doubt, /** @type {Image} */ (images.get(doubt.id)), job !== null));
  byId("review-list", HTMLElement).replaceChildren(...rows);
  setText(byId("review-words", HTMLElement), wordsFor(doubts, known.length));
}

/** @param {Doubt[] | null} doubts @param {number} open */
function wordsFor(doubts, open) {
  if (doubts === null) return text.lead;
  if (open === 0) return text.none;
  return sentences(counted(open, text.open), open > SHOWN ? fill(text.more, { shown: SHOWN }) : "", text.then);
}

/** The wrong and unsure validation images, by loss. @param {import("./state.js").Report} report @param {Map<number, Image>} images */
function drawSurprises(report, images) {
  if (surprises.of !== report) surprises = { of: report, worst: [...report.images].sort((a, b) => b.loss - a.loss).slice(0, 12), shown: [] };
  const worst = surprises.worst.filter(({ id }) => images.has(id));
  const shown = worst.map(({ id }) => images.get(id));
  if (shown.length > 0 && isSame(shown, surprises.shown)) return;
  surprises.shown = shown;
  const rows = worst.map(({ id, label, predicted, probability }) => {
    const verdict = fill(label === predicted ? text.unsure : text.wrong, { label, answer: predicted, probability: percent(probability) });
    return element("li", {}, pictureButton(/** @type {Image} */ (images.get(id))), element("span", { className: "wrap" }, verdict));
  });
  byId("surprises", HTMLElement).replaceChildren(...rows);
}

/** @param {Image} image */
function pictureButton(image) {
  const src = thumbnailUrl(image);
  const button = element("button", { type: "button", title: image.name }, element("img", { src, alt: image.name, width: 112, height: 112 }));
  button.addEventListener("click", () => showImage(image, () => byId("results-heading", HTMLElement).focus()));
  return button;
}

/** @param {Doubt} doubt @param {Image} image @param {boolean} isBusy */
function doubtRow({ id, label, suggested, score }, image, isBusy) {
  const words = element("span", { className: "wrap" }, fill(text.doubt, { label, suggested }));
  words.title = fill(text.score, { score: percent(score) });
  const yes = element("button", { type: "button", className: "button small", disabled: isBusy }, fill(text.change, { label: suggested }));
  yes.addEventListener("click", () => void put(id, suggested));
  const no = element("button", { type: "button", className: "button small quiet", disabled: isBusy, ariaLabel: fill(text.keepLabel, { label, name: image.name }) }, text.keep);
  no.addEventListener("click", () => close(id));
  return element("li", {}, pictureButton(image), element("span", { className: "review-about" }, words, element("span", { className: "actions" }, yes, no)));
}

/** @param {number} id */
function close(id) {
  change((s) => (s.doubts = s.doubts?.filter((doubt) => doubt.id !== id) ?? null));
  byId("review-heading", HTMLElement).focus();
}

/** @param {number} id @param {string} label */
async function put(id, label) {
  close(id);
  const image = imagesById(state).get(id);
  if (image) await moveImages([image], label);
  train();
}
