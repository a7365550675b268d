// What the library says (errors, checks, warnings), in the page's language. The library speaks English; section "core" of
// www/words has each of its sentences with {placeholders}, in English and in the page's language.

import { words } from "./language.js";
import { fill } from "./words.js";

/** The most specific first. @type {{pattern: RegExp, text: string}[]} */
const templates = Object.entries(/** @type {Record<string, string>} */ (words.core))
  .sort(([a], [b]) => literal(b) - literal(a))
  .map(([english, text]) => ({ pattern: patternOf(english), text }));

/** The sentence in the page's language, or as it is where it is not known. @param {string} sentence @returns {string} */
export function translated(sentence) {
  for (const { pattern, text } of templates) {
    const found = pattern.exec(sentence);
    if (found) return fill(text, Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, part]) => [name, translated(part)])));
  }
  return sentence;
}

/** @param {string} template */
const literal = (template) => template.replaceAll(/\{\w+\}/g, "").length;

/** "{file} is not an image." → what such a sentence looks like, with its parts. @param {string} template */
function patternOf(template) {
  const seen = new Set();
  const pattern = template.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{(\w+)\}/g, (_, name) => {
    const part = seen.has(name) ? `\\k<${name}>` : `(?<${name}>.+?)`;
    seen.add(name);
    return part;
  });
  return new RegExp(`^${pattern}$`, "s");
}
