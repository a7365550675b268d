// Writes feature shards and their manifest as docs/features.md has them, whole or with something wrong.
import { createHash } from "node:crypto";

/** @typedef {{name: string, label: string, sha256: string, fingerprint?: string, features: ArrayLike<number>}} Row */
/** @typedef {{name: string, sha256: string, num_features: number}} Backbone */
/** @typedef {Record<string, Buffer>} Files */

const SIZES = { F32: 4, U32: 4, U64: 8, U8: 1 };
export const PREPROCESSING = { version: 1, input_size: 224, crop_pct: 0.875, decoder: "headstart 0.1.0" };

/** @param {string} [fit] what of each picture is seen */
const preparedAs = (fit) => ({ ...PREPROCESSING, ...(fit && { fit }) });

/** @param {Buffer} bytes */
export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** @param {Row[]} rows @param {string[]} labels @param {Backbone} backbone @param {{about?: object, change?: (header: any) => void, fit?: string}} [wrong] any: so is JSON */
export function shard(rows, labels, backbone, { about, change, fit } = {}) {
  const names = rows.map(({ name }) => Buffer.from(name));
  let end = 0;
  const ends = names.map(({ length }) => BigInt((end += length)));
  const width = backbone.num_features;
  /** @type {[string, keyof typeof SIZES, number[], Buffer][]} */
  const tensors = [
    ["features", "F32", [rows.length, width], Buffer.from(Float32Array.from(rows.flatMap(({ features }) => Array.from(features))).buffer)],
    ["classes", "U32", [rows.length], Buffer.from(Uint32Array.from(rows, ({ label }) => labels.indexOf(label)).buffer)],
    ["sha256", "U8", [rows.length, 32], Buffer.from(rows.map((row) => row.sha256).join(""), "hex")],
    ["name_ends", "U64", [rows.length], Buffer.from(BigUint64Array.from(ends).buffer)],
    ["names", "U8", [end], Buffer.concat(names)],
  ];
  if (rows.every(({ fingerprint }) => fingerprint)) tensors.push(["fingerprints", "U8", [rows.length, 32], Buffer.from(rows.map((row) => row.fingerprint).join(""), "hex")]);
  const preprocessing = JSON.stringify(Object.fromEntries(Object.entries(preparedAs(fit)).sort()));
  const metadata = { format: "headstart-features", version: "1", backbone: backbone.name, backbone_sha256: backbone.sha256, preprocessing, ...about };
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: metadata };
  let at = 0;
  for (const [name, dtype, shape, bytes] of tensors) header[name] = { dtype, shape, data_offsets: [at, (at += bytes.length)] };
  change?.(header);
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...tensors.map(([, , , bytes]) => bytes)]);
}

/** A manifest of these shards. @param {Record<string, {bytes: Buffer, rows: number}>} shards @param {string[]} labels @param {Backbone} backbone @param {string} [fit] @returns {any} any: so is JSON */
export const manifestOf = (shards, labels, backbone, fit) => ({
  format: "headstart-features", version: 1, backbone, preprocessing: preparedAs(fit), labels, rows: 0, rows_per_class: labels.map(() => 0), rejected: 0,
  shards: Object.entries(shards).map(([file, { bytes, rows }]) => ({ file, rows, bytes: bytes.length, sha256: sha256(bytes) })),
});

/** All files of a set, in shards of so many rows. @param {Row[]} rows @param {Backbone} backbone @param {number} each @param {string} [fit] @returns {Files} */
export function featureFiles(rows, backbone, each, fit) {
  const labels = [...new Set(rows.map(({ label }) => label))].sort();
  /** @type {Record<string, {bytes: Buffer, rows: number}>} */
  const shards = {};
  for (let from = 0; from < rows.length; from += each) {
    const some = rows.slice(from, from + each);
    shards[`shard-${String(from / each).padStart(6, "0")}.safetensors`] = { bytes: shard(some, labels, backbone, { fit }), rows: some.length };
  }
  const bytes = Object.fromEntries(Object.entries(shards).map(([name, one]) => [name, one.bytes]));
  return { ...bytes, "manifest.json": Buffer.from(JSON.stringify(manifestOf(shards, labels, backbone, fit))) };
}

/** With a manifest in which something is another. @param {Files} files @param {(manifest: any) => void} change any: so is JSON @returns {Files} */
export function wrongManifest(files, change) {
  const manifest = JSON.parse(String(files["manifest.json"]));
  change(manifest);
  return { ...files, "manifest.json": Buffer.from(JSON.stringify(manifest)) };
}
