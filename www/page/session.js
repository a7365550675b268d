// The one trainer: opened, opened again after a failure, given to whoever works with it. One job runs at a time.

import { words } from "./language.js";
import { dismiss, described, isAbort, needsRestart, report } from "./problems.js";
import { change, state } from "./state.js";
import { Trainer } from "./trainer.js";
import { translated } from "./translate.js";
import { leftByNetwork } from "./without_picture.js";
import { sentences } from "./words.js";

/** @typedef {import("./trainer.js").CreateOptions} CreateOptions */
/** @typedef {Pick<CreateOptions, "backbone" | "weights" | "device" | "workers" | "tiles"> & {project?: import("../shared/protocol.js").ProjectChoice}} Wanted */

const text = words.session;

/** @type {Trainer | null} */
let trainer = null;
/** @type {Wanted} */
let wanted = {};
let attempt = 0;
/** @type {(() => void)[]} */
const idleListeners = [];
/** @type {() => void} */
let onRestart = () => {};
/** @type {(trainer: Trainer) => Promise<void>} */
let onOpened = async () => {};
/** @type {(kept: import("./state.js").Kept) => void} */
let onKept = () => {};

/** The trainer, or null while it is on its way. */
export const currentTrainer = () => trainer;

/** Called in turn whenever there is a trainer and no job. @param {...() => void} listeners */
export const whenIdle = (...listeners) => idleListeners.push(...listeners);

/** Called when a new trainer takes over, which knows no image yet. @param {() => void} listener */
export const whenRestarted = (listener) => (onRestart = listener);

/** `opened` is awaited before a new trainer gets work; `kept` hears how its project is kept.
 * @param {(trainer: Trainer) => Promise<void>} opened @param {(kept: import("./state.js").Kept) => void} kept
 */
export function whenOpened(opened, kept) {
  onOpened = opened;
  onKept = kept;
}

/** Another project, or the same one from another tab; what waits to be written is written first.
 * @param {import("../shared/protocol.js").ProjectChoice} project
 */
export async function switchProject(project) {
  const old = trainer;
  trainer = null;
  attempt++;
  change((s) => Object.assign(s, { engine: "loading", kept: null }));
  await old?.close();
  await openTrainer({ ...wanted, project });
}

/** @param {Wanted} [choice] */
export async function openTrainer(choice = wanted) {
  wanted = choice;
  const mine = ++attempt;
  trainer?.free();
  trainer = null;
  dismiss("engine");
  change((s) => Object.assign(s, { engine: "loading", weights: null, facts: null, failed: false }));
  try {
    const opened = await Trainer.create({ ...wanted, onProgress, onNotice, onKept: (kept) => mine === attempt && onKept(kept) });
    if (mine !== attempt) return opened.free();
    await onOpened(opened);
    if (mine !== attempt) return opened.free();
    trainer = opened;
    if (opened.kept?.id) wanted = { ...wanted, project: { id: opened.kept.id, name: opened.kept.name } };
    change((s) => Object.assign(s, { engine: "ready", facts: opened.info }));
    idle();
  } catch (error) {
    if (mine !== attempt) return;
    const { code, message } = described(error);
    /** @type {import("./state.js").Problem["actions"]} */
    const actions = [{ name: text.retry, run: () => void openTrainer() }];
    if (wanted.device !== "cpu" && code === "no-device") actions.push(useCpu);
    change((s) => (s.engine = "failed"));
    report("engine", message, { actions });
  }
}

/** @param {{stage: string, loaded: number, total: number}} progress */
function onProgress({ loaded, total }) {
  change((s) => (s.weights = total > 0 ? loaded / total : null));
}

/** @param {{code: string, message: string}} notice */
function onNotice({ code, message }) {
  report(code, translated(message), { tone: "notice" });
  if (trainer) change((s) => (s.facts = trainer?.info ?? null));
}

/**
 * Takes the network that these files hold, or the built-in one again. The images go through it once more, a kept project's
 * from its own files; where the files are refused, the network of before stays.
 * @param {File[]} [files]
 */
export async function useBackbone(files) {
  const mine = trainer;
  const since = attempt;
  if (!mine || state.job || state.gathering) return;
  dismiss("weights", "job", "unfinished", "features");
  trainer = null; // nothing starts meanwhile
  const tellLeft = leftByNetwork();
  change((s) => (s.gathering = files ? text.readingWeights : text.loadingBuiltIn));
  try {
    const facts = await mine.useBackbone(files ? { weights: files } : {});
    wanted = { ...wanted, backbone: undefined, weights: files };
    change((s) => Object.assign(s, { facts, prediction: null }));
    onRestart();
    const options = { ...state.options };
    await onOpened(mine);
    change((s) => (s.options = options)); // as the person has them now
    tellLeft();
  } catch (error) {
    report("weights", sentences(described(error).message, text.networkStays));
  }
  if (since === attempt) trainer = mine;
  else mine.free(); // another trainer took its place meanwhile
  change((s) => (s.gathering = null));
  idle();
}

/** Another trainer in place of a broken one; the images are added to it again. @param {Wanted["device"]} [device] */
function restart(device) {
  onRestart();
  const project = wanted.project && { ...wanted.project, takeOver: true };
  void openTrainer({ ...wanted, project, ...(device && { device }) });
}

const useCpu = { name: text.useCpu, run: () => restart("cpu") };

/**
 * Runs one job: nothing where another runs or no trainer is there, and an error ends on the page, never in the console.
 * @param {NonNullable<import("./state.js").State["job"]>} job
 * @param {(trainer: Trainer) => Promise<void>} work
 */
export async function runJob(job, work) {
  if (!trainer || state.job) return;
  dismiss("job");
  change((s) => Object.assign(s, { job, failed: false }));
  let failed = false;
  try {
    await work(trainer);
  } catch (error) {
    failed = !isAbort(error);
    if (failed) showFailure(error);
  }
  change((s) => Object.assign(s, { job: null, failed, trainAfterAdding: s.trainAfterAdding && !failed }));
  if (!failed) idle();
}

/** @param {unknown} error */
export function showFailure(error) {
  const { code, message } = described(error);
  const actions = needsRestart(code) ? [{ name: text.startAgain, run: () => restart() }] : [];
  if (needsRestart(code) && state.facts?.device === "webgpu") actions.push(useCpu);
  report("job", message, { actions });
}

/** Lets the next job start. */
export function idle() {
  for (const listener of idleListeners) {
    if (!trainer || state.job) return;
    listener();
  }
}
