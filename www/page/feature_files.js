// Feature rows from files on their way in: images without pictures. Of many rows a sample comes, and the page says which share.

import { addWork } from "./adding.js";
import { words } from "./language.js";
import { described, dismiss, isAbort, report } from "./problems.js";
import { change, changeOnArrival, classNamed, state } from "./state.js";
import { counted, fill, number, percent } from "./words.js";

/** @typedef {import("./state.js").Image} Image */

const text = words.feature_files;
/** What is wrong with the files, rather than with the trainer. */
const REFUSALS = new Set(["features-refused", "other-backbone"]);

/** Now, or as soon as the trainer is free. @param {File[]} files a manifest and its shards */
export function addFeatureFiles(files) {
  dismiss("features");
  addWork(async (trainer, signal) => {
    told(text.checking);
    try {
      const { rejected, rows, of } = await trainer.addFeatures(files, { signal, onBytes, onProgress, onImage: take });
      change((s) => (s.rejected = [...s.rejected, ...rejected]));
      report("features", sentence(rows, of), { tone: "notice" });
    } catch (error) {
      if (signal.aborted) tellStopped();
      if (isAbort(error)) throw error;
      const { code, message } = described(error);
      if (!REFUSALS.has(code)) throw error;
      report("features", message);
    }
  });
}

/** @param {number} rows @param {number} of */
function sentence(rows, of) {
  if (rows === of) return counted(rows, text.all);
  return fill(text.sample, { rows: number(rows), of: number(of), share: percent(rows / of) });
}

/** What has arrived stays. */
function tellStopped() {
  if (state.job?.kind === "adding" && state.job.accepted > 0) report("stopped", counted(state.job.accepted, words.adding.stopped, { total: state.job.total }), { tone: "notice" });
}

/** @param {string} title */
const told = (title) => change((s) => s.job?.kind === "adding" && Object.assign(s.job, { title }));

/** @param {number} done @param {number} total */
function onBytes(done, total) {
  changeOnArrival((s) => s.job?.kind === "adding" && Object.assign(s.job, { done, total }));
}

/** @param {import("./pace.js").Progress} progress */
function onProgress(progress) {
  changeOnArrival((s) => s.job?.kind === "adding" && Object.assign(s.job, progress, { title: text.taking }));
}

/** @param {Image} image */
function take(image) {
  changeOnArrival((s) => {
    const group = classNamed(s, image.label);
    group.images.push(image);
    group.version++;
    s.stale = s.report !== null;
  });
}
