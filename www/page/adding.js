// Images on their way in: a queue of batches, one after the other, while the trainer is there and free.
// Files are kept by image, so that a new trainer can be given everything again.

import { words } from "./language.js";
import { counted } from "./words.js";
import { report } from "./problems.js";
import { currentTrainer, idle, runJob } from "./session.js";
import { change, changeOnArrival, classNamed, state } from "./state.js";

/** @typedef {import("./files.js").Item} Item */
/** @typedef {import("./state.js").Image} Image */

/** @typedef {(trainer: import("./trainer.js").Trainer, signal: AbortSignal) => Promise<void>} Work */
/** `isKept`: of files that the project has. `isAgain`: given to a trainer before. `work`: instead of items.
 * @typedef {{items: Item[], since: number, isKept?: boolean, isAgain?: boolean, work?: Work}} Batch */
/** @type {Batch[]} */
const queue = [];
/** @type {Map<number, Item>} */
const itemOf = new Map();
/** @type {AbortController | null} */
let stopper = null;
let lastEnd = 0;
/** Seconds spent on the images that are here, over all batches. */
let featureSeconds = 0;

export const totalFeatureSeconds = () => featureSeconds;

/**
 * Adds images now, or as soon as the trainer is free.
 * @param {Item[]} items
 * @param {number} since when the person chose them, `performance.now()`
 * @param {boolean} [isAgain]
 */
export function addItems(items, since, isAgain = false) {
  if (items.length === 0) return;
  queue.push({ items, since, isAgain });
  change((s) => {
    s.waiting += items.length;
    for (const { label } of items) expect(classNamed(s, label), 1);
    if (s.job?.kind === "training") s.stale = true;
  });
  idle();
}

/** Adds by other means, in turn with the images. @param {Work} work */
export function addWork(work) {
  queue.push({ items: [], since: performance.now(), work });
  idle();
}

/** Shows what a project has; files that it had not looked at come next. What it has is not added twice.
 * @param {Image[]} images @param {{name: string, label: string}[]} waiting
 */
export function showKept(images, waiting) {
  forget([...images, ...waiting]);
  change((s) => {
    for (const image of images) classNamed(s, image.label).images.push(image);
    for (const group of s.classes.values()) group.version++;
  });
  if (waiting.length === 0) return;
  const items = waiting.map((item) => ({ ...item, file: new File([], item.name) }));
  queue.unshift({ items, since: performance.now(), isKept: true });
  change((s) => {
    s.waiting += items.length;
    for (const { label } of items) expect(classNamed(s, label), 1);
  });
}

/** Takes out of the queue what the project has. @param {{name: string, label: string}[]} kept */
function forget(kept) {
  const counts = new Map();
  const key = (/** @type {{name: string, label: string}} */ { name, label }) => `${label}/${name}`;
  for (const item of kept) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  for (const batch of queue.filter(({ isAgain }) => isAgain)) {
    const gone = batch.items.filter((item) => {
      const left = counts.get(key(item)) ?? 0;
      counts.set(key(item), left - 1);
      return left > 0;
    });
    batch.items = batch.items.filter((item) => !gone.includes(item));
    change((s) => {
      s.waiting -= gone.length;
      for (const { label } of gone) expect(classNamed(s, label), -1);
    });
  }
  queue.splice(0, queue.length, ...queue.filter(({ items, work }) => work || items.length > 0));
}

/** Clears the page for another project. */
export function clearImages() {
  queue.splice(0);
  itemOf.clear();
  featureSeconds = 0;
  const nothing = { classes: new Map(), fits: { fit: "crop", classes: {} }, rejected: [], waiting: 0, checks: [], groups: [], doubts: null, map: null, learning: null, folds: null, compared: [], lacking: [], testSet: null, report: null, history: [], run: null, prediction: null, predictions: null, opened: null, stale: false, saved: true, job: null, queue: [] };
  change((s) => Object.assign(s, { ...nothing, trainAfterAdding: false, failed: false }));
}

/** @param {import("./state.js").ImageClass} group @param {number} by */
function expect(group, by) {
  group.expected = Math.max(0, group.expected + by);
  group.version++;
}

/** Starts on the next batch, if there is one. */
export function addNext() {
  const batch = queue[0];
  if (!batch || !currentTrainer() || state.job) return;
  queue.shift();
  stopper = new AbortController();
  const { signal } = stopper;
  void runJob(freshJob(batch.items.length), (trainer) => batch.work?.(trainer, signal) ?? addBatch(trainer, batch));
}

/** @param {number} total @returns {import("./state.js").AddingJob} */
const freshJob = (total) =>
  ({ kind: "adding", total, done: 0, accepted: 0, rejected: 0, imagesPerSecond: 0, secondsLeft: null, paused: false, stopping: false });

/** @param {import("./trainer.js").Trainer} trainer @param {Batch} batch */
async function addBatch(trainer, { items, since, isKept = false }) {
  change((s) => (s.waiting -= items.length));
  const open = new OpenItems(items);
  const signal = stopper?.signal;
  try {
    const options = { signal, onProgress, onImage: (/** @type {Image} */ image) => take(image, open, isKept) };
    const { rejected } = await (isKept ? trainer.resumeAdding(options) : trainer.addImages(items, options));
    rejected.forEach((one) => open.close(one.name));
    change((s) => (s.rejected = [...s.rejected, ...rejected]));
  } catch (error) {
    if (!signal?.aborted && !isKept) {
      // What was not looked at waits for the trainer that comes next.
      const rest = open.rest();
      if (rest.length > 0) queue.unshift({ items: rest, since: performance.now() });
      change((s) => (s.waiting += rest.length));
    }
    throw error;
  } finally {
    const end = performance.now();
    featureSeconds += (end - Math.max(since, lastEnd)) / 1000;
    lastEnd = end;
    finish(items, signal?.aborted ?? false);
  }
}

/** @param {Item[]} items @param {boolean} wasStopped */
function finish(items, wasStopped) {
  change((s) => {
    const waiting = new Map();
    for (const { label } of queue.flatMap((batch) => batch.items)) waiting.set(label, (waiting.get(label) ?? 0) + 1);
    for (const label of new Set(items.map((item) => item.label))) {
      const group = s.classes.get(label);
      if (group) expect(group, (waiting.get(label) ?? 0) - group.expected);
      if (group && wasStopped && group.images.length + group.expected === 0) s.classes.delete(label);
    }
  });
  if (wasStopped && state.job?.kind === "adding") {
    const { accepted, total } = state.job;
    report("stopped", counted(accepted, words.adding.stopped, { total }), { tone: "notice" });
  }
}

/** @param {import("./pace.js").Progress} progress */
function onProgress(progress) {
  changeOnArrival((s) => s.job?.kind === "adding" && Object.assign(s.job, progress));
}

/** @param {Image} image @param {OpenItems} open @param {boolean} isKept */
function take(image, open, isKept) {
  const item = open.close(image.name, image.label);
  if (item && !isKept) itemOf.set(image.id, Object.assign(item, { fit: image.fit }));
  changeOnArrival((s) => {
    const group = classNamed(s, image.label);
    group.images.push(image);
    expect(group, -1);
    s.stale = s.report !== null;
  });
}

/** Ends adding; what has arrived stays, what waits is forgotten. */
export function stopAdding() {
  const dropped = queue.splice(0).reduce((sum, batch) => sum + batch.items.length, 0);
  change((s) => {
    s.waiting -= dropped;
    s.trainAfterAdding = false;
    if (s.job?.kind === "adding") s.job.stopping = true;
  });
  stopper?.abort();
}

/** Everything once more, for a trainer that knows nothing yet. */
export function addEverythingAgain() {
  const items = [...itemOf.values(), ...queue.splice(0).flatMap((batch) => batch.items)];
  itemOf.clear();
  featureSeconds = 0;
  change((s) => {
    for (const group of s.classes.values()) Object.assign(group, { images: [], expected: 0, version: group.version + 1 });
    Object.assign(s, { waiting: 0, groups: [], doubts: null, map: null, learning: null, folds: null, report: null, opened: null, history: [], prediction: null, stale: false, saved: true, job: null });
  });
  addItems(items, performance.now(), true);
}

/** What an image was made from; nothing where only the trainer has it. @param {number} id */
export const itemOfImage = (id) => itemOf.get(id);

/** Images that went are not added again. @param {Iterable<number>} ids */
export function forgetItems(ids) {
  for (const id of ids) itemOf.delete(id);
}

/** The items of a batch that have not come back. Names can repeat in a batch, so each name holds a list. */
class OpenItems {
  /** @param {Item[]} items */
  constructor(items) {
    /** @type {Map<string, Item[]>} */
    this.byName = new Map();
    for (const item of items) {
      const same = this.byName.get(item.name);
      if (same) same.push(item);
      else this.byName.set(item.name, [item]);
    }
  }

  /** @param {string} name @param {string} [label] @returns {Item | undefined} */
  close(name, label) {
    const same = this.byName.get(name) ?? [];
    const at = label === undefined ? 0 : same.findIndex((item) => item.label === label);
    return at < 0 ? undefined : same.splice(at, 1)[0];
  }

  rest() {
    return [...this.byName.values()].flat();
  }
}
