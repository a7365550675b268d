// The lab's runs: one after the other, each added to those there are. A run that is stopped keeps its epochs.

import { words } from "../language.js";
import { report } from "../problems.js";
import { currentTrainer, runJob } from "../session.js";
import { change, imagesKey, state } from "../state.js";
import { counted, fill } from "../words.js";

/** @typedef {import("../../shared/lab.js").Policy} Policy */
/** @typedef {import("../../shared/protocol.js").Epoch} Epoch */

/** What a run is to do. `validation`: another policy for validation alone. `momentum`: of `updated`. `images`: which it ran
 * on. `updates`, `come`: of its moving averages, as in shared/lab.js.
 * @typedef {{policy: Policy, validation?: Policy, momentum?: number}} Wanted
 * @typedef {Wanted & {id: number, name: string, planned: number, history: Epoch[], updates: number, come: number, images: string}} LabRun
 * @typedef {{head: "linear" | "mlp", epochs: number, batchSize: number, learningRate: number, seed: number, augment?: import("../../shared/fit.js").Augment}} Settings
 */

const text = words.lab_runs;
/** The batches of so many epochs come again later: what the lab shows does not change, and it is there in a third of the time. */
const SHUFFLES = 3;
/** @type {AbortController | null} */
let stopper = null;
let lastId = 0;

/** "Batch, validated with re-estimated", "Updated (0.99)" @param {Wanted} wanted */
export function nameOf({ policy, validation, momentum }) {
  const name = policy === "updated" ? fill(text.withMomentum, { name: text.names.updated, momentum: String(momentum ?? 0.9) }) : text.names[policy];
  return validation ? fill(text.validated, { name, validation: text.inSentence[validation] }) : name;
}

/** Runs of this kind on the images of now, the newest first. @param {Wanted} wanted */
const runsOf = (wanted) => state.lab.runs.filter((run) => run.images === imagesKey(state) && nameOf(run) === nameOf(wanted)).reverse();

/** All epochs are there. @param {LabRun} run */
const isWhole = ({ history, planned }) => history.length === planned;

/** The newest run of this kind, whole or not. @param {Wanted} wanted @returns {LabRun | undefined} */
export const newestRun = (wanted) => runsOf(wanted)[0];

/** The newest whole one. @param {Wanted} wanted @returns {LabRun | undefined} */
export const lastRun = (wanted) => runsOf(wanted).find(isWhole);

/** What a run on the images of now found inside the network. */
export const insideNow = () => (state.lab.inside?.of === imagesKey(state) ? state.lab.inside : null);

/** Runs what is wanted, side by side: what a batch gives serves all of them. @param {Wanted[]} wanted @param {Settings} settings */
export function startRuns(wanted, settings) {
  if (!currentTrainer() || state.job) return;
  stopper = new AbortController();
  const { signal } = stopper;
  const ids = wanted.map(() => ++lastId);
  const title = wanted.length === 1 ? nameOf(wanted[0]) : counted(wanted.length, text.several);
  const total = wanted.length * settings.epochs;
  void runJob({ kind: "lab", title, done: 0, total, reading: null, secondsLeft: null, stopping: false }, async (trainer) => {
    wanted.forEach((one, at) => open(one, ids[at], settings));
    try {
      await follow(trainer, wanted, ids, { ...settings, signal });
    } finally {
      // A run without an epoch has nothing to show.
      change((s) => (s.lab.runs = s.lab.runs.filter(({ id, history }) => !ids.includes(id) || history.length > 0)));
    }
    if (signal.aborted) report("stopped", text.stopped, { tone: "notice" });
  });
}

/** @param {Wanted} wanted @param {number} id @param {Settings} settings */
function open(wanted, id, { epochs, augment }) {
  const isAugmented = augment && ["batch", "updated"].includes(wanted.policy);
  const name = distinct(isAugmented ? fill(text.augmented, { name: nameOf(wanted) }) : nameOf(wanted));
  const none = { history: [], updates: 0, come: 0 };
  change((s) => (s.lab.runs = [...s.lab.runs, { ...wanted, ...none, id, name, planned: epochs, images: imagesKey(s) }]));
}

/** @param {import("../trainer.js").Trainer} trainer @param {Wanted[]} wanted @param {number[]} ids @param {Settings & {signal: AbortSignal}} options */
async function follow(trainer, wanted, ids, options) {
  const start = performance.now();
  /** @param {number} id @param {(run: LabRun) => Partial<LabRun>} parts */
  const update = (id, parts) => change((s) => (s.lab.runs = s.lab.runs.map((run) => (run.id === id ? { ...run, ...parts(run) } : run))));
  const policies = wanted.map(({ policy, validation, momentum }) => ({ policy, validationPolicy: validation, ...(momentum !== undefined && { momentum }) }));
  for await (const event of trainer.lab({ ...options, policies, shuffles: SHUFFLES })) {
    if (event.type === "progress") {
      change((s) => s.job?.kind === "lab" && (s.job.reading = event.done < event.total ? { done: event.done, total: event.total } : null));
    } else if (event.type === "inside") {
      change((s) => (s.lab.inside = { ...event.inside, of: imagesKey(s) }));
    } else if (event.type === "epoch") {
      const { run, epoch, updates, come } = event;
      update(ids[run], ({ history }) => ({ history: [...history, epoch], updates, come }));
      change((s) => s.job?.kind === "lab" && count(s.job, start));
    } else if (wanted.length > 1 && wanted.some(({ policy }) => policy === "batch")) {
      // They compare the failure with what runs beside it.
      change((s) => (s.lab.sentences = event.result.sentences));
    }
  }
}

/** @param {import("../state.js").LabJob} job @param {number} start */
function count(job, start) {
  job.done += 1;
  job.secondsLeft = ((performance.now() - start) / 1000 / job.done) * (job.total - job.done);
}

/** A name that no run has yet: "Batch", "Batch 2". @param {string} name */
function distinct(name) {
  const taken = new Set(state.lab.runs.map((run) => run.name));
  for (let next = 2, tried = name; ; next++) {
    if (!taken.has(tried)) return tried;
    tried = fill(text.again, { name, number: String(next) });
  }
}

/** Ends the run after the batch under way. */
export function stopRuns() {
  change((s) => s.job?.kind === "lab" && (s.job.stopping = true));
  stopper?.abort();
}

export const clearRuns = () => change((s) => Object.assign(s.lab, { runs: [], sentences: [] }));

/** All runs as a table for other programs, which know its columns by their English names. @param {LabRun[]} runs */
export function csvFrom(runs) {
  const head = "run,epoch,loss,accuracy,val_loss,val_accuracy";
  const quoted = (/** @type {string} */ name) => `"${name.replaceAll('"', '""')}"`;
  const rows = runs.flatMap(({ name, history }) =>
    history.map((epoch) => [quoted(name), epoch.epoch, epoch.loss, epoch.accuracy, epoch.valLoss, epoch.valAccuracy].join(",")));
  return [head, ...rows].join("\n") + "\n";
}

/** "9 epochs", "4 of 9 epochs" @param {LabRun} run */
export function epochsOf(run) {
  const epochs = counted(run.planned, words.nouns.epoch);
  return isWhole(run) ? epochs : fill(text.someEpochs, { done: run.history.length, epochs });
}
