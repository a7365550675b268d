// The page's language and its words. All text of the page is in www/words/, one file per language; zh.json has the keys of en.json,
// which tsc proves. The language is that of the address (`?language=zh`), of the last choice, or of the browser; otherwise English.

import en from "../words/en.json" with { type: "json" };

/** @typedef {"en" | "zh"} Language */

const KEY = "headstart-language";

/** Outside a browser, too, where there is no address. */
export const language = chosen();

export const words = language === "en" ? en : await chinese();

/** Without the file the page still works, in English. @returns {Promise<typeof en>} */
async function chinese() {
  try {
    return (await import("../words/zh.json", { with: { type: "json" } })).default;
  } catch {
    return en;
  }
}

/** @returns {Language} */
function chosen() {
  if (typeof document === "undefined") return "en";
  const wanted = [new URLSearchParams(location.search).get("language"), stored(), ...navigator.languages];
  const known = wanted.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => tag === "en" || tag === "zh");
  return known === "zh" ? "zh" : "en";
}

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // a browser that keeps nothing
  }
}

/** Opens the page again in `next`; the project is there again, and training goes on. @param {Language} next */
export function switchTo(next) {
  const address = new URL(location.href);
  address.searchParams.delete("language");
  try {
    localStorage.setItem(KEY, next);
  } catch {
    address.searchParams.set("language", next);
  }
  if (address.href === location.href) location.reload();
  else location.assign(address);
}

const ATTRIBUTES = ["aria-label", "placeholder", "content", "alt", "title"];

/** Puts the words into index.html, where the build has put the English ones; see build/words.mjs. */
export function wireLanguage() {
  const other = document.getElementById("language");
  other?.addEventListener("click", () => switchTo(language === "en" ? "zh" : "en"));
  if (words === en) return;
  document.documentElement.lang = words.language.tag;
  for (const element of document.querySelectorAll("[data-words]")) element.textContent = wordsAt(element.getAttribute("data-words"));
  for (const attribute of ATTRIBUTES) {
    for (const element of document.querySelectorAll(`[data-words-${attribute}]`)) element.setAttribute(attribute, wordsAt(element.getAttribute(`data-words-${attribute}`)));
  }
  if (other) Object.assign(other, { lang: "en", textContent: words.language.other });
}

/** "page.title" → its words. @param {string | null} key @returns {string} */
function wordsAt(key) {
  const found = (key ?? "").split(".").reduce((part, name) => Object(part)[name], /** @type {unknown} */ (words));
  if (typeof found !== "string") throw new Error(`www/words has no text for ${key}.`);
  return found;
}
