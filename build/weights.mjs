// The hash of each weights file, for the address that a visitor's browser may keep for ever:
//   node build/weights.mjs FOLDER > www/pkg/weights.js
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Digits of it. */
const LENGTH = 16;

const [folder] = process.argv.slice(2);
const names = (await readdir(folder)).filter((name) => name.endsWith(".safetensors")).sort();
const entries = await Promise.all(names.map(async (name) => {
  const hash = createHash("sha256").update(await readFile(join(folder, name))).digest("hex");
  return [name, hash.slice(0, LENGTH)];
}));
console.log("// Made by build/weights.mjs: the beginning of each weights file's SHA-256.");
console.log("/** @type {Record<string, string>} */");
console.log(`export const HASHES = ${JSON.stringify(Object.fromEntries(entries))};`);
