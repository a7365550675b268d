// The untouched test set on the page: a share that is set aside, opened by one deliberate click, and then marked as used.

import { ask } from "./dialogs.js";
import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { currentTrainer, idle, showFailure } from "./session.js";
import { change, imageCount, state } from "./state.js";
import { counted, day, fill, percent, sentences, wholePercent } from "./words.js";

/** @typedef {import("../shared/test_set.js").Opened} Opened */
/** @typedef {import("../shared/test_set.js").TestSet} TestSet */

const text = words.test_set;
/** Per cent. */
const [LEAST, USUAL, MOST] = [5, 15, 50];

/** @type {ReturnType<typeof makePart> | undefined} */
let parts;

export function wireTestSet() {
  parts = makePart();
  byId("test-set", HTMLElement).append(parts.root);
  byId("verdict-words", HTMLElement).after(parts.said);
  const { form, share, error } = parts;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const value = Number(share.value);
    const isRight = share.value !== "" && Number.isInteger(value) && value >= LEAST && value <= MOST;
    share.ariaInvalid = isRight ? "false" : "true";
    setText(error, isRight ? "" : fill(text.error, { least: LEAST, most: MOST }));
    if (isRight) void setAside(value / 100);
    else share.focus();
  });
  parts.open.addEventListener("click", () => void openOnce());
  parts.giveBack.addEventListener("click", () => void giveBack());
}

/** Shows what the project has set aside. Of a project that is not kept, a trainer that starts again is told once more.
 * @param {import("./trainer.js").Trainer} trainer
 */
export async function showTestSet(trainer) {
  const share = state.testSet?.share ?? 0;
  const testSet = trainer.kept?.id || share === 0 ? await trainer.testSet.state() : await trainer.testSet.setAside(share);
  change((s) => (s.testSet = testSet));
}

/** @param {number} share */
async function setAside(share) {
  await perform((trainer) => trainer.testSet.setAside(share));
  change((s) => (s.stale = s.report !== null));
  idle();
}

async function giveBack() {
  await setAside(0);
  parts?.share.focus();
}

async function openOnce() {
  const images = counted(state.testSet?.ids.length ?? 0, words.nouns.image);
  if (!(await ask({ title: text.ask, text: fill(text.askAbout, { images }), yes: text.yes }))) return;
  await perform((trainer) => trainer.testSet.open());
  parts?.said.focus();
}

/** @param {(trainer: import("./trainer.js").Trainer) => Promise<TestSet>} work */
async function perform(work) {
  const trainer = currentTrainer();
  if (!trainer || state.job) return;
  try {
    const testSet = await work(trainer);
    change((s) => (s.testSet = testSet));
  } catch (error) {
    showFailure(error);
  }
}

/** @param {import("./state.js").State} state */
export function drawTestSet(state) {
  if (!parts) return;
  const { testSet, job, report, stale } = state;
  const { share = 0, ids = [], seen = 0, opened } = testSet ?? {};
  const isIdle = job === null && testSet !== null;
  parts.form.hidden = share > 0 || Boolean(opened);
  parts.setAside.disabled = !isIdle || imageCount(state) === 0;
  parts.open.hidden = share === 0 || Boolean(opened);
  parts.open.disabled = !isIdle || ids.length === 0 || report === null || stale || seen > 0;
  parts.giveBack.hidden = share === 0;
  parts.giveBack.disabled = !isIdle;
  setText(parts.giveBack, opened ? text.trainToo : text.giveBack);
  setText(parts.words, wordsFor(state));
  const note = opened ? fill(text.noteOpened, { day: day(opened.atMillis) }) : share > 0 ? fill(text.noteAside, { images: counted(ids.length, words.nouns.image) }) : "";
  setText(byId("test-set-note", HTMLElement), note);
  parts.said.hidden = !opened;
  parts.said.classList.toggle("used", (opened?.trainingsSince ?? 0) > 0);
  if (opened) setText(parts.said, said(opened).replaceAll(" %", "\u00a0%"));
}

/** @param {import("./state.js").State} state */
function wordsFor({ testSet, report, stale }) {
  const { share = 0, ids = [], seen = 0, opened } = testSet ?? {};
  if (opened) return share > 0 ? counted(ids.length, text.stays) : text.trainedAgain;
  if (share === 0) return text.lead;
  const next = !report ? text.train : stale || seen > 0 ? text.trainAgain : text.openOnce;
  return sentences(counted(ids.length, text.aside, { share: wholePercent(share) }), next);
}

/** @param {Opened} opened */
function said({ atMillis, images, accuracy, interval, valAccuracy, trainingsSince, confusion }) {
  const guess = Math.max(...confusion.map((row) => row.reduce((sum, count) => sum + count, 0))) / Math.max(1, images);
  const [low, high] = interval.map(percent);
  const result = fill(text.result, { day: day(atMillis), accuracy: percent(accuracy), images: counted(images, words.nouns.image), low, high });
  const compared = fill(text.compared, { validation: percent(valAccuracy), guess: percent(guess) });
  return sentences(result, compared, trainingsSince > 0 ? counted(trainingsSince, text.used) : "");
}

function makePart() {
  const words = element("p", { className: "hint", role: "status" });
  const share = element("input", { type: "number", inputMode: "numeric", min: String(LEAST), max: String(MOST), step: "1", value: String(USUAL) });
  const error = element("span", { className: "field-error", id: "test-share-error", role: "alert" });
  share.setAttribute("aria-describedby", error.id);
  const setAside = element("button", { type: "submit", className: "button" }, text.setAside);
  const form = element("form", { className: "folds-ask", autocomplete: "off", noValidate: true }, element("label", { className: "field" }, element("span", {}, text.share), share), setAside, error);
  const button = (/** @type {string} */ name) => element("button", { type: "button", className: "button" }, name);
  const [open, giveBack] = [button(text.open), button(text.giveBack)];
  const root = element("div", { className: "test-set" }, words, form, element("div", { className: "actions" }, open, giveBack));
  root.dataset.testid = "test-set-part";
  const said = element("p", { className: "test-set-result", hidden: true, tabIndex: -1, role: "status" });
  said.dataset.testid = "test-set-result";
  return { root, words, form, share, error, setAside, open, giveBack, said };
}
