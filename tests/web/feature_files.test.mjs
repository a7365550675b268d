// Feature shards as they are read: what was written comes back, of much a sample, what does not fit is refused with the reason.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { readFeatures } from "../../www/worker/feature_files.js";
import { shares } from "../../www/worker/feature_sample.js";
import { Sha256 } from "../../www/worker/sha256.js";
import { numbers } from "./damage.mjs";
import { featureFiles, manifestOf, shard, sha256, wrongManifest } from "./shards.mjs";

/** @typedef {import("./shards.mjs").Files} Files */
/** @typedef {import("./shards.mjs").Row} Row */

const WIDTH = 7;
const BACKBONE = { name: "efficientnet-lite0", sha256: "ab".repeat(32), num_features: WIDTH };
const NETWORK = { name: "efficientnet-lite0", sha256: BACKBONE.sha256, numFeatures: WIDTH, inputSize: 224, preprocessing: 1, fit: "crop" };

/** Drawn numbers, no picture. @param {number} count @param {string[]} labels @returns {Row[]} */
function drawnRows(count, labels) {
  const random = numbers(5);
  return Array.from({ length: count }, (_, n) => {
    const label = labels[random(labels.length)] ?? "";
    const hash = createHash("sha256").update(`${n}`).digest("hex");
    return { name: `${label}/${n}.jpg`, label, sha256: hash, features: Array.from({ length: WIDTH }, () => random(1000) / 500) };
  });
}

/** @param {Files} files @param {{most?: number, seed?: number}} [options] */
const read = (files, { most = 20_000, seed = 1 } = {}) =>
  readFeatures(Object.entries(files).map(([name, bytes]) => ({ name, file: new Blob([Uint8Array.from(bytes)]) })), NETWORK,
    { most, seed, signal: new AbortController().signal, onBytes: () => {} });

test("a hash piece by piece is Node's", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, n) => n * 7);
  for (let length = 0; length < 300; length++) {
    const hash = new Sha256();
    const cut = (length * 5) % (length + 1);
    hash.add(bytes.subarray(0, cut));
    hash.add(bytes.subarray(cut, length));
    assert.equal(hash.hex(), sha256(Buffer.from(bytes.subarray(0, length))), `${length} bytes`);
  }
});

test("rows are those that were written, whatever shard they lie in", async () => {
  const rows = drawnRows(9000, ["a", "b c", "ö"]);
  for (const each of [100, 4096, 5000, 9000]) {
    const { rows: found, of } = await read(featureFiles(rows, BACKBONE, each));
    assert.equal(of, 9000);
    found.forEach((row, at) => {
      const { name, label, sha256: hash, features } = /** @type {Row} */ (rows[at]);
      assert.deepEqual([row.name, row.label, row.sha256, row.fingerprint], [name.slice(label.length + 1), label, hash, null]);
      assert.deepEqual([...row.features], [...Float32Array.from(features)]);
    });
  }
});

test("a sample is of each class its share, and of the same images in any order", async () => {
  const rows = [...drawnRows(2900, ["many"]), ...drawnRows(3000, ["few"]).slice(2900)];
  const names = async (/** @type {Row[]} */ all, /** @type {object} */ options) => (await read(featureFiles(all, BACKBONE, 700), options)).rows.map(({ name }) => name);
  const some = await names(rows, { most: 300 });
  assert.equal(some.length, 300);
  const [first, ...rest] = [rows.slice(2000), rows.slice(0, 2000)];
  assert.deepEqual((await names([...first, ...rest.flat()], { most: 300 })).sort(), [...some].sort());
  const more = new Set(await names(rows, { most: 600 }));
  assert.ok(some.every((name) => more.has(name)), "who asks for more keeps these");
  assert.notDeepEqual(await names(rows, { most: 300, seed: 2 }), some);
  const { rows: labelled } = await read(featureFiles(rows, BACKBONE, 700), { most: 300 });
  assert.equal(labelled.filter(({ label }) => label === "few").length, 10);
  assert.deepEqual(shares([1000, 1, 0, 3], 10), [8, 1, 0, 1]);
  assert.deepEqual(shares([5, 5, 5], 2).reduce((sum, count) => sum + count), 2);
  const twice = [...rows, ...rows];
  assert.equal(new Set(await names(twice, { most: 300 })).size, 300, "copies are left out of a sample");
});

const ROWS = drawnRows(12, ["a", "b"]);
const LABELS = ["a", "b"];
const FILES = featureFiles(ROWS, BACKBONE, 6);
/** The first shard with something wrong that its own hash does not show. @param {Parameters<typeof shard>[3]} wrong @param {Row[]} [rows] @returns {Files} */
function wrongShard(wrong, rows = ROWS.slice(0, 6)) {
  const [first, second] = [shard(rows, LABELS, BACKBONE, wrong), /** @type {Buffer} */ (FILES["shard-000001.safetensors"])];
  const manifest = manifestOf({ "shard-000000.safetensors": { bytes: first, rows: 6 }, "shard-000001.safetensors": { bytes: second, rows: 6 } }, LABELS, BACKBONE);
  return { ...FILES, "shard-000000.safetensors": first, "manifest.json": Buffer.from(JSON.stringify(manifest)) };
}

/** @param {string} name @returns {Files} */
function without(name) {
  const { [name]: _, ...files } = FILES;
  return files;
}

/** A byte of the second shard is another. */
function flipped() {
  const bytes = Buffer.from(/** @type {Buffer} */ (FILES["shard-000001.safetensors"]));
  bytes[bytes.length - 3] ^= 1;
  return { ...FILES, "shard-000001.safetensors": bytes };
}

/** @type {[Files, RegExp][]} */
const BAD = [
  [without("manifest.json"), /“manifest.json” can't be taken in \(it is not among the files\). Choose manifest.json together with all/],
  [without("shard-000001.safetensors"), /“shard-000001.safetensors” .*it is not among the files/],
  [{ ...without("manifest.json"), "manifest.json": Buffer.from("{") }, /it is no JSON/],
  [wrongManifest(FILES, (m) => (m.version = 2)), /it is of format "headstart-features", version 2, and this headstart reads headstart-features, version 1/],
  [wrongManifest(FILES, (m) => (m.backbone.name = "resnet50")), /holds features of another network: resnet50 with weights abababab…, and the one in use is efficientnet-lite0/],
  [wrongManifest(FILES, (m) => (m.backbone.sha256 = "cd".repeat(32))), /holds features of another network: .* weights cdcdcdcd…/],
  [wrongManifest(FILES, (m) => (m.backbone.num_features = 8)), /its rows have 8 numbers, and this network gives 7/],
  [wrongManifest(FILES, (m) => (m.preprocessing.version = 2)), /prepared by version 2 at 224 pixels/],
  [wrongManifest(FILES, (m) => (m.preprocessing.crop_pct = 0.9)), /shard-000000.*prepared otherwise than the manifest says/],
  [wrongManifest(FILES, (m) => m.labels.reverse()), /out of order at “a”/],
  [wrongManifest(FILES, (m) => (m.labels = ["a", "a"])), /the class “a” twice/],
  [wrongManifest(FILES, (m) => (m.labels = [])), /names no classes/],
  [wrongManifest(FILES, (m) => m.rows_per_class.push(3)), /names 2 classes and counts the rows of 3/],
  [wrongManifest(FILES, (m) => ((m.labels = ["a"]), (m.rows_per_class = [12]))), /a row of class 1, and the manifest names 1 classes/],
  [wrongManifest(FILES, (m) => (m.shards[0].file = "../shard-000000.safetensors")), /is no name of a file beside it/],
  [wrongManifest(FILES, (m) => (m.shards[1] = m.shards[0])), /names a shard twice/],
  [wrongManifest(FILES, (m) => (m.shards = [])), /it holds no rows/],
  [wrongManifest(FILES, (m) => (m.shards[1].bytes = 1)), /bytes, and the manifest says 1\). Copy it again/],
  [wrongManifest(FILES, (m) => (m.shards[1].rows = 5)), /its features are F32 \[6, 7\], and should be F32 \[5, 7\]/],
  [flipped(), /“shard-000001.safetensors” .*not the one of the manifest: its SHA-256 is [0-9a-f]{8}…, and should be/],
  [wrongShard({ about: { backbone: "vgg16" } }), /its features are of vgg16 .*Extract all of its shards again by one network/],
  [wrongShard({ about: { version: "2" } }), /“shard-000000.safetensors” .*version "2"/],
  [wrongShard({ about: { preprocessing: "{" } }), /its header is damaged/],
  [wrongShard({ change: (header) => (header.classes.data_offsets = [1e6, 1e6 + 24]) }), /its classes lie outside of it/],
  [wrongShard({ change: (header) => delete header.sha256 }), /its sha256 are undefined/],
  [wrongShard({ change: (header) => (header.names.data_offsets[1] = header.names.data_offsets[0] + (header.names.shape[0] = 3)) }), /its names lie outside of it/],
  [wrongShard({}, ROWS.slice(0, 6).map((row, n) => (n === 4 ? { ...row, features: Array(WIDTH).fill(NaN) } : row))), /a feature of its row 4 is no number/],
];

test("what does not fit is refused with the file, the reason and a cure", async () => {
  assert.equal((await read(FILES)).rows.length, 12);
  for (const [files, reason] of BAD) await assert.rejects(read(files), (error) => reason.test(Object(error).message) && Object(error).code !== undefined, String(reason));
  await assert.rejects(read(FILES, { most: 0 }), { code: "wrong-option" });
});

test("damaged files are read or refused, and nothing else", async () => {
  let refusals = 0;
  for (let seed = 0; seed < 600; seed++) {
    const random = numbers(seed);
    const files = featureFiles(ROWS, BACKBONE, 6);
    const [first, second] = ["shard-000000.safetensors", "shard-000001.safetensors"].map((name) => Buffer.from(/** @type {Buffer} */ (files[name])));
    for (let wounds = random(4); wounds >= 0; wounds--) first[random(random(2) ? 500 : first.length)] = random(256);
    const cut = random(6) === 0 ? first.subarray(0, random(first.length)) : first;
    const manifest = manifestOf({ "shard-000000.safetensors": { bytes: cut, rows: 6 }, "shard-000001.safetensors": { bytes: second, rows: 6 } }, LABELS, BACKBONE);
    const text = Buffer.from(JSON.stringify(manifest));
    if (random(3) === 0) text[random(text.length)] = random(256);
    await read({ "shard-000000.safetensors": cut, "shard-000001.safetensors": second, "manifest.json": text }).catch((error) => {
      assert.ok(["features-refused", "other-backbone"].includes(error.code), `${seed}: ${error.stack}`);
      refusals++;
    });
  }
  assert.ok(refusals > 300 && refusals < 600, `${refusals} of 600`);
});
