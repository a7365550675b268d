// Reads what tsc says of the public JavaScript (.d.ts), whose form is always the same: no parser of TypeScript is needed.
// TypeScript 7 has none to offer, and typedoc needs an older one.

/** `params`: by their names in the comment, since a signature has patterns there. `text`: what a comment says before its tags.
 * @typedef {{name: string, type: string, isOptional: boolean, note: string}} Param
 * @typedef {{name: string, isStatic: boolean, params: Param[], returns: string, note: string, text: string}} Method
 * @typedef {{name: string, type: string, text: string}} Field
 * @typedef {{name: string, text: string, methods: Method[], fields: Field[]}} Class
 * @typedef {{name: string, type: string, text: string}} Alias
 */

const OPEN = "([{<";
const CLOSE = ")]}>";

/** Splits at the separators that stand in no bracket. @param {string} text @param {string} separator */
export function split(text, separator) {
  const parts = [""];
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const isArrow = text.startsWith("=>", at);
    if (!isArrow && OPEN.includes(text[at])) depth += 1;
    if (!isArrow && CLOSE.includes(text[at]) && text[at - 1] !== "=") depth -= 1;
    if (depth === 0 && text[at] === separator) parts.push("");
    else parts[parts.length - 1] += text[at];
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** From an opening bracket to behind its closing one. @param {string} text @param {number} from */
export function bracketed(text, from) {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (OPEN.includes(text[at])) depth += 1;
    if (CLOSE.includes(text[at]) && text[at - 1] !== "=") depth -= 1;
    if (depth === 0) return text.slice(from, at + 1);
  }
  throw new Error(`no end of ${text.slice(from, from + 60)}`);
}

/** The words of a doc comment without its stars. @param {string} comment */
const plain = (comment) => comment.replace(/^\s*\/\*\*\s?|\s*\*\/\s*$/g, "").replaceAll(/^\s*\* ?/gm, "").trim();

/** Tag → what follows it, and the words before the first. @param {string} comment */
function tags(comment) {
  const [text, ...rest] = plain(comment).split(/(?:^|\s)@(?=param|returns|typedef|type|template|import)/);
  return { text: text.trim(), tags: rest.map((tag) => ({ name: /^\w+/.exec(tag)?.[0], body: tag.replace(/^\w+\s*/, "").trim() })) };
}

/** `{type} [name] note` @param {string} body */
function param(body) {
  const rest = body.startsWith("{") ? body.slice(bracketed(body, 0).length).trim() : body;
  const [, name = "", note = ""] = /^\[?([\w.]+)[^\s\]]*\]?\s*-?\s*([^]*)$/.exec(rest) ?? [];
  return { name, note };
}

/** A type on one line where tsc breaks it. @param {string} type */
const oneLine = (type) => type.replaceAll(/\s+/g, " ").replaceAll(/;(?= ?\})/g, "").trim();

/** `name(params): returns` @param {string} signature @param {string} comment @returns {Method} */
function method(signature, comment) {
  const isStatic = signature.startsWith("static ");
  const start = signature.indexOf("(");
  const list = bracketed(signature, start);
  const doc = tags(comment);
  const named = doc.tags.filter(({ name }) => name === "param").map(({ body }) => param(body));
  const params = split(list.slice(1, -1), ",").map((text, i) => {
    const pattern = text.startsWith("{") ? bracketed(text, 0) : /^[\w.]+/.exec(text)?.[0] ?? "";
    const rest = text.slice(pattern.length);
    const type = oneLine(rest.replace(/^\??:\s*/, ""));
    return { name: named[i]?.name || pattern, note: named[i]?.note ?? "", type, isOptional: rest.startsWith("?") };
  });
  const returned = doc.tags.find(({ name }) => name === "returns")?.body ?? "";
  const note = returned.startsWith("{") ? returned.slice(bracketed(returned, 0).length).trim() : returned;
  const name = signature.slice(0, start).replace("static ", "").trim();
  return { name, isStatic, params, returns: oneLine(signature.slice(start + list.length).replace(/^:\s*/, "")), note, text: doc.text };
}

/** @param {string} source of a .d.ts @param {string} name @returns {Class} */
export function classFrom(source, name) {
  const head = source.indexOf(`export declare class ${name} {`);
  if (head < 0) throw new Error(`no class ${name} is declared`);
  const body = bracketed(source, source.indexOf("{", head)).slice(1, -1).replace("#private;", "");
  const found = /** @type {Class} */ ({ name, text: "", methods: [], fields: [] });
  for (const { comment, code } of members(body)) {
    if (/^(static )?\w+\(/.test(code)) {
      if (!code.startsWith("constructor(")) found.methods.push(method(code, comment));
      continue;
    }
    const [, field, type] = /^(\w+)\??:\s*([^]*)$/.exec(code) ?? [];
    found.fields.push({ name: field, type: oneLine(type ?? ""), text: tags(comment).text });
  }
  return found;
}

/** The parts of a class's body, each with the comment before it. @param {string} body */
function members(body) {
  const parts = [];
  let rest = body.trim();
  while (rest !== "") {
    const comment = /^(\/\*\*[^]*?\*\/\s*)*/.exec(rest)?.[0] ?? "";
    const [code] = split(`${rest.slice(comment.length)} `, ";");
    const end = rest.indexOf(code, comment.length) + code.length;
    parts.push({ comment: comment.trim(), code });
    rest = rest.slice(end).replace(/^\s*;/, "").trim();
  }
  return parts;
}

/** The functions that a module exports. @param {string} source @returns {Method[]} */
export function functionsFrom(source) {
  const found = source.matchAll(/(\/\*\*(?:(?!\*\/)[^])*\*\/)\s*export declare function /g);
  return [...found].map((match) => method(split(source.slice(match.index + match[0].length), ";")[0], match[1]));
}

/** Every type that a module names, with the words of its comment. @param {string} source @returns {Alias[]} */
export function aliasesFrom(source) {
  const comments = new Map();
  for (const [comment] of source.matchAll(/\/\*\*(?:(?!\*\/)[^])*\*\//g)) {
    for (const { name, words } of typedefs(comment)) comments.set(name, words);
  }
  return [...source.matchAll(/^export type (\w+)(?:<[^=]*>)? = /gm)].map((match) => {
    const type = split(source.slice(match.index + match[0].length), ";")[0];
    return { name: match[1], type: oneLine(type), text: comments.get(match[1]) ?? "" };
  });
}

/** `words @typedef {type} Name` @param {string} comment */
function typedefs(comment) {
  const { text, tags: all } = tags(comment);
  const typed = all.filter(({ name, body }) => name === "typedef" && body.startsWith("{"));
  return typed.map(({ body }) => ({ name: /\w+/.exec(body.slice(bracketed(body, 0).length))?.[0] ?? "", words: text }));
}

/** Names that a module takes from others: as they are called there, and in which file. @param {string} source */
export function importsFrom(source) {
  const found = [...source.matchAll(/^import (?:type )?\{([^}]*)\} from "([^"]+)";/gm)];
  return new Map(found.flatMap(([, names, from]) => names.split(",").map((name) => /** @type {[string, string]} */ ([name.trim(), from]))));
}

/** What the parameters of a source's method are without being given: `{ folds = 5 }`. @param {string} source @param {string} name */
export function defaultsFrom(source, name) {
  const head = new RegExp(`^(?:export )?\\s*(?:static )?(?:async )?(?:function )?\\*?${name}\\(`, "m").exec(source);
  if (!head) return [];
  const list = bracketed(source, head.index + head[0].length - 1).slice(1, -1);
  const patterns = split(list, ",").filter((text) => text.startsWith("{")).map((text) => bracketed(text, 0).slice(1, -1));
  const given = patterns.flatMap((pattern) => split(pattern, ",")).map((part) => /^(\w+) = ([^]+)$/.exec(part));
  return given.filter((one) => one !== null).map(([, option, value]) => ({ option, value: value.trim() })).filter(({ value }) => !value.includes("=>"));
}
