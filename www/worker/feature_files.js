// Feature rows in files (docs/features.md): a manifest and its shards. Everything is checked before a row is given away.
import { Failure } from "../shared/failure.js";
import { MANIFEST, assertOf, checkedManifest, refused } from "./feature_manifest.js";
import { keyOf, sampleOf } from "./feature_sample.js";
import { FeatureShard } from "./feature_shard.js";

/** @typedef {import("./feature_manifest.js").Network} Network */
/** @typedef {import("./feature_shard.js").FeatureRow} FeatureRow */
/** @typedef {{name: string, file: Blob}} NamedFile */

/** 20 million rows' shards take 1 MB. */
const MOST_MANIFEST_BYTES = 64 * 2 ** 20;
/** Of the rows that are taken in, which are all in memory then. */
const MOST_BYTES = 2 ** 30;
const ALL = "Choose manifest.json together with all of its shards, or the folder that they lie in.";

/** Rows that were chosen, of so many. @typedef {{rows: FeatureRow[], of: number}} Sample */

/** `onBytes`: hashed of all.
 * @param {NamedFile[]} files @param {Network} network @param {{most: number, seed: number, signal: AbortSignal, onBytes: (done: number, total: number) => void}} options
 * @returns {Promise<Sample>}
 */
export async function readFeatures(files, network, { most, seed, signal, onBytes }) {
  const fitting = Math.floor(MOST_BYTES / (4 * network.numFeatures));
  if (!Number.isInteger(most) || most < 1 || most > fitting) throw new Failure("wrong-option", `most is ${most}, but it takes a whole number from 1 to ${fitting}: rows of 1 GB are held at most.`);
  if (!Number.isInteger(seed)) throw new Failure("wrong-option", `seed is ${seed}, but it takes a whole number.`);
  const shards = await openShards(files, network, signal, onBytes);
  const { rows, of } = await chosenOf(shards.opened, shards.labels.length, most, seed);
  /** @type {FeatureRow[]} */
  const read = [];
  for (const [at, shard] of shards.opened.entries()) {
    for await (const some of shard.read(rows[at])) {
      signal.throwIfAborted();
      read.push(...some);
    }
  }
  return { rows: read, of };
}

/** @param {NamedFile[]} files @param {Network} network @param {AbortSignal} signal @param {(done: number, total: number) => void} onBytes */
async function openShards(files, network, signal, onBytes) {
  const byName = new Map(files.map(({ name, file }) => [name, file]));
  const manifest = checkedManifest(await readManifest(byName.get(MANIFEST)));
  assertOf(manifest, network);
  const found = manifest.shards.map((named) => ({ named, blob: shardIn(byName, named) }));
  const total = found.reduce((sum, { blob }) => sum + blob.size, 0);
  let done = 0;
  const opened = [];
  for (const { named, blob } of found) {
    opened.push(await FeatureShard.open(named, blob, manifest, (bytes) => {
      signal.throwIfAborted();
      onBytes((done += bytes), total);
    }));
  }
  return { opened, labels: manifest.labels };
}

/** Before any is hashed, which takes its time. @param {Map<string, Blob>} byName @param {import("./feature_manifest.js").Named} named */
function shardIn(byName, { file, bytes }) {
  const blob = byName.get(file);
  if (!blob) throw refused(file, "it is not among the files", ALL);
  if (bytes !== null && blob.size !== bytes) throw refused(file, `it has ${blob.size} bytes, and the manifest says ${bytes}`, "Copy it again, or extract the features again.");
  return blob;
}

/** @param {Blob | undefined} file @returns {Promise<unknown>} */
async function readManifest(file) {
  if (!file) throw refused(MANIFEST, "it is not among the files", ALL);
  if (file.size > MOST_MANIFEST_BYTES) throw refused(MANIFEST, "it is too long for a manifest");
  try {
    return JSON.parse(await file.text());
  } catch {
    throw refused(MANIFEST, "it is no JSON that can be read");
  }
}

/** Numbers of the rows to take, by shard. @param {FeatureShard[]} shards @param {number} numClasses @param {number} most @param {number} seed */
async function chosenOf(shards, numClasses, most, seed) {
  const of = shards.reduce((sum, { named }) => sum + named.rows, 0);
  const [classes, keys] = [new Uint32Array(of), new Float64Array(of)];
  let at = 0;
  for (const shard of shards) {
    for await (const some of shard.columns()) {
      classes.set(some.classes, at);
      for (let row = 0; row < some.classes.length; row++) keys[at++] = keyOf(some.sha256, row, seed);
    }
  }
  /** @type {number[][]} */
  const rows = shards.map(() => []);
  let [shard, first] = [0, 0];
  for (const row of sampleOf(classes, keys, numClasses, most)) {
    while (row >= first + shards[shard].named.rows) first += shards[shard++].named.rows;
    rows[shard].push(row - first);
  }
  return { rows, of };
}
