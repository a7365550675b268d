// Puts the words of a language into index.html, so that it can be read before any script runs: node build/words.mjs HTML WORDS.json
// `data-words="page.title"` fills an element, which is empty in the source; `data-words-placeholder="…"` an attribute.
import { readFile, writeFile } from "node:fs/promises";

const [html, json] = process.argv.slice(2);
if (!html || !json) throw new Error("usage: node build/words.mjs HTML WORDS.json");
const words = JSON.parse(await readFile(json, "utf8"));

/** @param {string} key */
function wordsAt(key) {
  const found = key.split(".").reduce((part, name) => Object(part)[name], words);
  if (typeof found !== "string") throw new Error(`${json} has no text for ${key}, which ${html} asks for.`);
  return found.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

const source = await readFile(html, "utf8");
const filled = source
  .replaceAll(/ data-words-([a-z-]+)="([^"]+)"/g, (whole, attribute, key) => `${whole} ${attribute}="${wordsAt(key)}"`)
  .replaceAll(/(<[^<>]* data-words="([^"]+)"[^<>]*>)\s*(<\/)/g, (_, open, key, close) => `${open}${wordsAt(key)}${close}`);
const missed = [...filled.matchAll(/ data-words="[^"]+"[^<>]*>\s*</g)];
if (missed.length > 0) throw new Error(`${html}: ${missed.map(([text]) => text.trim()).join(", ")}: an element with data-words must be empty.`);
await writeFile(html, filled);
