// What the library says (errors, checks, warnings), in the page's language. The library speaks English, so that section "core" of
// en.json is empty; that of another language has each of its sentences with {placeholders}, by the English one.

import { language, words } from "./language.js";
import { fill } from "./words.js";

/** The sentence in the page's language, or as it is where it is not known. @type {(sentence: string) => string} */
export const translated = language === "en" ? (sentence) => sentence : translator(words.core);

/**
 * Parts of a sentence are sentences of their own, but for what stands in quotation marks: those are names.
 * @param {Record<string, string>} core English templates, and what each says
 * @returns {(sentence: string) => string}
 */
export function translator(core) {
  // The most specific first.
  const templates = Object.entries(core).sort(([a], [b]) => literal(b) - literal(a)).map(([english, text]) => ({ english, text, pattern: patternOf(english) }));
  /** @param {string} sentence @returns {string | null} */
  const found = (sentence) => {
    for (const { english, text, pattern } of templates) {
      const parts = pattern.exec(sentence);
      if (!parts) continue;
      const values = Object.entries(parts.groups ?? {}).map(([name, part]) => [name, isName(english, name) ? part : partOf(part)]);
      return fill(text, Object.fromEntries(values));
    }
    return null;
  };
  /** A sentence inside of another one has no full stop. @param {string} part @returns {string} */
  const partOf = (part) => found(part) ?? found(`${part}.`)?.replace(/[.。]$/, "") ?? part;
  return (sentence) => found(sentence) ?? sentence;
}

/** How much of it is given. @param {string} template */
function literal(template) {
  return template.replaceAll(/\{\w+\}/g, "").length;
}

/** @param {string} template @param {string} name */
function isName(template, name) {
  return template.includes(`“{${name}}”`) || template.includes(`"{${name}}"`);
}

/** "{file} is not an image." → what such a sentence looks like, with its parts. @param {string} template */
function patternOf(template) {
  const seen = new Set();
  const pattern = template.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{(\w+)\}/g, (_, name) => {
    const part = seen.has(name) ? `\\k<${name}>` : `(?<${name}>${isName(template, name) ? ".*?" : ".+?"})`;
    seen.add(name);
    return part;
  });
  return new RegExp(`^${pattern}$`, "s");
}
