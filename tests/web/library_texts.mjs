// Each sentence that the library can say, read from its sources, with {} where a value stands.
import { readFile, readdir } from "node:fs/promises";

const root = new URL("../../", import.meta.url);
/** @param {string} path */
const read = async (path) => readFile(new URL(path, root), "utf8");

/** @param {string} folder @param {string} end */
async function filesIn(folder, end) {
  const names = await readdir(new URL(folder, root), { recursive: true });
  return names.filter((name) => name.endsWith(end)).sort().map((name) => folder + name);
}

/** Where a value stands; Rust's `{name:?}` adds the quotation marks of a text. @param {string} text */
export const blank = (text) => text.replaceAll(/"\{\w+\}"|\$?\{[^{}]*\}/g, "{}");

/** More than a name or a key. @param {string} text */
const isSentence = (text) => /[a-z]{2}/.test(blank(text)) && (text.trim().includes(" ") || text.endsWith("."));

/** What is compared, matched or given as the name of a class, but said to nobody. */
const UNSAID = new Set(["Class {number}", "Unexpected End of File", "as asked for"]);

/** Each text in the source, with the code of its statement before it. @param {string} source @param {RegExp} text what a text looks like */
function texts(source, text) {
  const found = [];
  let [from, before] = [0, ""];
  for (const { 0: whole, index } of source.matchAll(text)) {
    const code = before + source.slice(from, index);
    before = code.slice(code.lastIndexOf(";") + 1);
    found.push({ before, text: whole.slice(1, -1).replaceAll('\\"', '"') });
    from = index + whole.length;
  }
  return found.filter(({ text: one }) => isSentence(one) && !UNSAID.has(one));
}

const RUST = /"(?:[^"\\]|\\[^])*"/g;
const SCRIPT = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[^])*`/g;
/** What leads up to an error or its reason. */
const FAILS = /\b(?:error|Err|ok_or|ok_or_else|cut|reason|known|invalid|wrong|damaged|broken|refused|unsupported|lost|name, value)\b/;
const FAILS_TOO = /\b(?:Failure|damaged|invalid|wrong|missing|notKept|onCpu|onFault|onLost|reason|because|what|workerText|READ_ONLY|messages|notify|DOMException|TypeError|description|found)\b/;
/** What completes "an error of its own while …". */
const DOING = /(?:doing: |\b(?:ask|call|change)\()"([a-z ]+)"/g;
/** Its explanations are put together: with and without these parts. */
const LAB = "src/lab/explanation.rs";
const OPTIONAL = /\{(?:fell|at_most)\}/g;

/** Parts of a sentence begin in its middle. @typedef {{file: string, text: string, isPart: boolean}} Said */

/** @returns {Promise<Said[]>} */
async function inRust() {
  const found = [];
  for (const file of await filesIn("src/", ".rs")) {
    if (/tests\b/.test(file)) continue;
    const code = (await read(file)).split("#[cfg(test)]\nmod ")[0] ?? "";
    const bare = code.replaceAll(/^\s*(?:\/\/.*|#!?\[(?!error).*)$/gm, "").replaceAll(/b?'(?:"|\\"|\\'|\\\\)'/g, "");
    const said = texts(bare, RUST).filter(({ before }) => file === LAB || FAILS.test(before));
    found.push(...said.map(({ text }) => ({ file, text: text.replaceAll(OPTIONAL, "").trim(), isPart: file === LAB })));
  }
  return found;
}

/** Parts of the page that belong to the library. */
const PAGE = ["add_call", "features", "insight", "lab_events", "projects", "sources", "test_set_calls", "told", "told_image", "trainer"].map((name) => `www/page/${name}.js`);

/** @returns {Promise<Said[]>} */
async function inScripts() {
  const found = [];
  for (const file of [...(await filesIn("www/worker/", ".js")), ...(await filesIn("www/shared/", ".js")), ...PAGE]) {
    const bare = (await read(file)).replaceAll(/\/\*\*[^]*?\*\/|(?<!:)\/\/.*$|^import .*$/gm, "");
    const said = texts(bare, SCRIPT).filter(({ before }) => FAILS_TOO.test(before)).map(({ text }) => text);
    const doing = [...bare.matchAll(DOING)].map(([, text]) => text ?? "");
    found.push(...[...said, ...doing].map((text) => ({ file, text, isPart: false })));
  }
  return found;
}

/** @returns {Promise<Said[]>} */
export const said = async () => [...(await inRust()), ...(await inScripts())];
