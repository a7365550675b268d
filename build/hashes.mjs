// The hashes by which the page knows what it fetches: node build/hashes.mjs WEIGHTS PKG > www/pkg/hashes.js
// A weights file's stands in its address, which a visitor's browser may keep for ever, and it is checked in wasm; a wasm module's
// is checked by `fetch` itself (www/worker/wasm.js).
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Digits of a weights file's hash in its address. */
const LENGTH = 16;

/** @param {string} folder @param {string} suffix @param {(hash: Buffer) => string} written @returns {Promise<Record<string, string>>} */
async function hashesOf(folder, suffix, written) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(suffix)).sort();
  const hash = async (/** @type {string} */ name) => createHash("sha256").update(await readFile(join(folder, name))).digest();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, written(await hash(name))])));
}

const [weights, pkg] = process.argv.slice(2);
const hashes = await hashesOf(weights, ".safetensors", (hash) => hash.toString("hex").slice(0, LENGTH));
const integrity = await hashesOf(pkg, ".wasm", (hash) => `sha256-${hash.toString("base64")}`);
console.log("// Made by build/hashes.mjs.");
console.log("/** The beginning of each weights file's SHA-256. @type {Record<string, string>} */");
console.log(`export const HASHES = ${JSON.stringify(hashes)};`);
console.log("/** As `fetch` takes it, of each wasm module. @type {Record<string, string>} */");
console.log(`export const INTEGRITY = ${JSON.stringify(integrity)};`);
