// What the docs say of the Rust crate, read from its sources: its modules, its examples, every error there is.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The first sentence of a file's `//!` head. @param {string} source */
function firstSentence(source) {
  const head = /^(?:\/\/! ?.*\n)+/.exec(source)?.[0] ?? "";
  const [paragraph] = head.replaceAll(/^\/\/! ?/gm, "").split("\n\n");
  const [sentence] = paragraph.replaceAll("\n", " ").trim().split(/(?<=\.) (?=[A-Z])/);
  return sentence.replaceAll(/\[`(?:crate::)?([^`]+)`\](\([^)]*\))?/g, "`$1`");
}

/** @param {string} root @returns {string} a table of the crate's modules, in import order */
export function moduleTable(root) {
  const lib = readFileSync(join(root, "src/lib.rs"), "utf8");
  const declared = lib.matchAll(/(?:#\[cfg\(feature = "(\w+)"\)\]\n)?pub mod (\w+);/g);
  const rows = [...declared].map(([, feature, name]) => `| \`${name}\` | ${feature ? `\`${feature}\`` : ""} | ${firstSentence(readFileSync(join(root, `src/${name}.rs`), "utf8"))} |`);
  return ["| module | feature | what |", "| --- | --- | --- |", ...rows].join("\n");
}

/** @param {string} root */
export function exampleTable(root) {
  const files = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".rs")).sort();
  const rows = files.map((name) => `| \`${name.replace(".rs", "")}\` | ${firstSentence(readFileSync(join(root, "examples", name), "utf8"))} |`);
  return ["| example | what |", "| --- | --- |", ...rows].join("\n");
}

/** Code → what it says, from Rust and from JavaScript. @param {string} root @returns {Map<string, string>} */
export function errorTexts(root) {
  const rust = ["src/error.rs", ...readdirSync(join(root, "src/error")).map((name) => `src/error/${name}`)].map((path) => readFileSync(join(root, path), "utf8")).join("\n");
  const messages = new Map([...rust.matchAll(/#\[error\(\s*"((?:[^"\\]|\\.)*)"[^]*?\)\]\s*(\w+)/g)].map(([, text, variant]) => [variant, text.replaceAll(/\\\n\s*/g, "").replaceAll('\\"', '"')]));
  const codes = [...rust.matchAll(/(?:Self|Error)::(\w+)(?: \{ \.\. \}|\(_\))? => "([a-z-]+)"/g)];
  const found = new Map(codes.map(([, variant, code]) => [code, messages.get(variant) ?? ""]));
  for (const path of scripts(join(root, "www"))) {
    for (const [, code, , text = ""] of readFileSync(path, "utf8").matchAll(/new Failure\(\s*"([a-z-]+)"(?:,\s*(["`])((?:(?!\2)[^\\]|\\.)*)\2)?/g)) {
      if (!found.get(code)) found.set(code, text.replaceAll(/\$\{[^}]*\}/g, "…"));
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @param {string} folder @returns {string[]} */
function scripts(folder) {
  const entries = ["page", "shared", "worker"].flatMap((name) => readdirSync(join(folder, name), { recursive: true }).map((path) => join(folder, name, String(path))));
  return entries.filter((path) => path.endsWith(".js")).sort();
}

/** @param {Map<string, string>} texts */
export function errorTable(texts) {
  const escaped = (/** @type {string} */ text) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll(/\{(\w+)[^}]*\}/g, "*$1*");
  const rows = [...texts].map(([code, text]) => `| <code id="error-${code}">${code}</code> | ${escaped(text) || "*the text says what happened*"} |`);
  return ["| code | what it says |", "| --- | --- |", ...rows].join("\n");
}
