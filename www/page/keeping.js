// The project on this device: shown again when it was opened, its state in the masthead, what can be done about it.

import { clearImages, showKept } from "./adding.js";
import { showColours } from "./class_colours.js";
import { forgetEdits } from "./edits.js";
import { byId, setText } from "./elements.js";
import { shareFits } from "./fit_changes.js";
import { words } from "./language.js";
import { dismiss, report } from "./problems.js";
import { currentTrainer, switchProject } from "./session.js";
import { change, imageCount, state } from "./state.js";
import { showTestSet } from "./test_set.js";
import { showThreshold } from "./threshold.js";
import { runRecord, train } from "./training.js";
import { translated } from "./translate.js";
import { bytes, fill } from "./words.js";

/** @typedef {import("./state.js").Kept} Kept */
/** @typedef {import("../shared/protocol.js").Contents} Contents */

const text = words.keeping;

let askedToPersist = false;

/** Shows what the project had, before the trainer gets work. @param {import("./trainer.js").Trainer} trainer @param {() => void} takeOptions those of the address win */
export async function showProject(trainer, takeOptions) {
  forgetEdits();
  const { images, waiting, trained, unfinished, threshold, colours } = await trainer.contents();
  const judging = trained ? trainer.evaluate().catch(() => null) : null; // none, where all its images are gone
  showKept(images, waiting);
  showColours(trainer, colours);
  await Promise.all([shareFits(trainer), showTestSet(trainer)]);
  showThreshold(threshold);
  const fit = unfinished ?? trained;
  if (fit) change((s) => (s.options = { ...s.options, ...fit.options }));
  takeOptions();
  if (trained) showTraining(trainer, trained, await judging, images.length, waiting.length);
  if (unfinished) offerToGoOn(unfinished);
}

/** @param {import("./trainer.js").Trainer} trainer @param {import("../shared/protocol.js").KeptFit} trained @param {import("./state.js").Report | null} found @param {number} images @param {number} waiting */
function showTraining(trainer, { options, history }, found, images, waiting) {
  if (!found || found.validation === 0) return;
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  change((s) => {
    Object.assign(s, { history, plannedEpochs: options.epochs, report: found, saved: true });
    s.facts = trainer.info;
    s.run = runRecord(found, { augment: 0, train: seconds });
    s.stale = waiting > 0 || found.train + found.validation + (s.testSet?.ids.length ?? 0) !== images;
  });
}

/** @param {import("../shared/protocol.js").KeptFit} unfinished */
function offerToGoOn({ options, history }) {
  const goOn = () => {
    change((s) => (s.options = { ...options }));
    train();
  };
  const message = fill(text.brokenOff, { epoch: String(history.length), epochs: String(options.epochs) });
  report("unfinished", message, { tone: "notice", actions: [{ name: text.goOn, run: goOn }] });
}

/** @param {Kept} kept */
export function showKeptState(kept) {
  const before = state.kept?.state;
  change((s) => (s.kept = kept));
  if (kept.state === "saved" && imageCount(state) > 0) void askToPersist();
  if (kept.state === before) return;
  dismiss("kept");
  const message = translated(kept.message);
  if (kept.state === "paused") report("kept", message, { actions: [{ name: text.saveNow, run: () => void currentTrainer()?.flush() }] });
  if (kept.state === "none") report("kept", message, { tone: "notice" });
  if (kept.state === "read-only") report("kept", message, { tone: "notice", actions: [{ name: text.takeOver, run: takeOver }] });
}

/** A browser short of space deletes what it was not asked to keep. */
async function askToPersist() {
  if (askedToPersist) return;
  askedToPersist = true;
  await navigator.storage?.persist?.().catch(() => false);
}

function takeOver() {
  const { id, name } = /** @type {Kept} */ (state.kept);
  openProject({ id, name, takeOver: true });
}

/** @param {import("../shared/protocol.js").ProjectChoice} choice */
export function openProject(choice) {
  if (state.gathering) return; // what is looked through belongs to the project that is open
  dismiss("unfinished", "job", "stopped", "kept");
  clearImages();
  void switchProject(choice);
}

/** Whether closing the page would lose something. @param {import("./state.js").State} state */
export function hasUnsaved({ kept, job, saved, waiting }) {
  const isKept = kept?.state === "saved" && waiting === 0;
  return !isKept && kept?.state !== "read-only" && (job !== null || !saved || kept?.state === "saving");
}

/** @param {import("./state.js").State} state */
export function drawKept({ kept, projects }) {
  byId("project", HTMLElement).hidden = kept === null;
  if (!kept) return;
  byId("project-open", HTMLButtonElement).hidden = kept.state === "none";
  setText(byId("project-open", HTMLButtonElement), kept.name || text.projects);
  const status = byId("project-status", HTMLElement);
  status.dataset.kept = kept.state;
  setText(status, text.states[kept.state]);
  status.title = translated(kept.message);
  if (projects && kept.usage !== undefined && kept.quota) {
    setText(byId("projects-space", HTMLElement), fill(text.space, { usage: bytes(kept.usage), quota: bytes(kept.quota) }));
  }
}
