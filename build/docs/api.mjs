// The API reference, from the declarations of the public JavaScript, as Markdown with links between its types.
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { FIT } from "../../www/page/fit_options.js";
import { aliasesFrom, classFrom, defaultsFrom, functionsFrom, importsFrom, split } from "./declarations.mjs";

/** @typedef {import("./declarations.mjs").Alias} Alias */
/** @typedef {import("./declarations.mjs").Method} Method */

/** How a caller reaches each class. */
const CLASSES = [
  { name: "Trainer", file: "www/page/trainer", as: "trainer" },
  { name: "Projects", file: "www/page/projects", as: "trainer.projects" },
  { name: "Insight", file: "www/page/insight", as: "trainer.insight" },
  { name: "TestSet", file: "www/page/test_set_calls", as: "trainer.testSet" },
];
const FUNCTIONS = "www/page/features";

/** @param {string} text */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
/** In a cell of a Markdown table. @param {string} html */
const cell = (html) => html.replaceAll("|", "\\|").replaceAll("\n", " ");

/** What a reference is made of: `root`: the repository; `types`: where tsc wrote the declarations; `examples`: Markdown with JavaScript.
 * @param {{root: string, types: string, examples: string[], codes: Set<string>}} from
 */
export function apiReference({ root, types, examples, codes }) {
  const book = new Book(root, types, codes);
  const snippets = examples.flatMap((text) => [...text.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code));
  const parts = CLASSES.map(({ name, file, as }) => {
    const { fields, methods } = classFrom(book.declarations(file), name);
    const lists = fields.map((field) => `- <code>${as}.${field.name}: ${book.linked(field.type, file)}</code> · ${field.text}`);
    const told = methods.map((method) => book.method(method, { file, owner: method.isStatic ? name : as, snippets }));
    const id = slugOf(as);
    return [`<h2 id="${id}"><a href="#${id}">${as === "trainer" ? name : as}</a></h2>`, lists.join("\n"), ...told].join("\n\n");
  });
  const functions = functionsFrom(book.declarations(FUNCTIONS)).map((one) => book.method(one, { file: FUNCTIONS, owner: "", snippets }));
  return [...parts, "## The pieces alone", ...functions, "## Types", ...book.told()].join("\n\n");
}

/** Remembers which types were named, since these have to be told, too. */
class Book {
  /** @type {Map<string, {name: string, file: string}>} */
  #named = new Map();
  /** @type {Map<string, {source: string, aliases: Map<string, Alias>, imports: Map<string, string>}>} */
  #files = new Map();

  /** @param {string} root @param {string} types @param {Set<string>} codes of errors */
  constructor(root, types, codes) {
    this.root = root;
    this.types = types;
    this.codes = codes;
  }

  /** @param {string} file */
  #read(file) {
    const known = this.#files.get(file);
    if (known) return known;
    const source = readFileSync(join(this.types, `${file}.d.ts`), "utf8");
    const read = { source, aliases: new Map(aliasesFrom(source).map((alias) => [alias.name, alias])), imports: importsFrom(source) };
    this.#files.set(file, read);
    return read;
  }

  /** @param {string} file */
  declarations(file) {
    return this.#read(file).source;
  }

  /** Where a name is declared that a file uses; undefined for the language's own. @param {string} name @param {string} file
   * @returns {{name: string, file: string, alias?: Alias} | undefined}
   */
  #resolve(name, file) {
    const owner = CLASSES.find((one) => one.name === name && one.file === file);
    if (owner) return owner;
    const { aliases, imports } = this.#read(file);
    const alias = aliases.get(name);
    const [, from, other] = /^import\("([^"]+)"\)\.(\w+)$/.exec(alias?.type ?? "") ?? [];
    if (from) return this.#resolve(other, beside(file, from));
    if (alias) return { name, file, alias };
    const imported = imports.get(name);
    return imported && this.#resolve(name, beside(file, imported));
  }

  /** A type with a link for each name in it. @param {string} type @param {string} file */
  linked(type, file) {
    let [html, end] = ["", 0];
    for (const match of type.matchAll(/import\("([^"]+)"\)\.(\w+)|"[^"]*"|\b[A-Z]\w*/g)) {
      const [text, from, name = text] = match;
      html += escaped(type.slice(end, match.index));
      end = match.index + text.length;
      const found = text.startsWith('"') ? undefined : this.#resolve(name, from ? beside(file, from) : file);
      html += found ? `<a href="#${this.#remember(found)}">${found.name}</a>` : escaped(text);
    }
    return html + escaped(type.slice(end));
  }

  /** The anchor of a type. @param {{name: string, file: string}} found */
  #remember({ name, file }) {
    if (CLASSES.some((one) => one.name === name && one.file === file)) return slugOf(CLASSES.find((one) => one.name === name)?.as ?? name);
    const same = [...this.#named].filter(([, one]) => one.name === name);
    const known = same.find(([, one]) => one.file === file);
    const id = known?.[0] ?? `type-${name.toLowerCase()}${same.length > 0 ? `-${posix.basename(file).replaceAll("_", "-")}` : ""}`;
    this.#named.set(id, { name, file });
    return id;
  }

  /** @param {Method} method @param {{file: string, owner: string, snippets: string[]}} place */
  method({ name, params, returns, note, text, isStatic }, { file, owner, snippets }) {
    const call = `${owner}${owner && "."}${name}`;
    const id = slugOf(call);
    const names = params.map((param) => param.name + (param.isOptional ? "?" : "")).join(", ");
    const { words, errors } = this.#parted(text);
    const source = readFileSync(join(this.root, `${file}.js`), "utf8");
    const defaults = new Map(defaultsFrom(source, name).map(({ option, value }) => [option, value]));
    const example = exampleOf(isStatic || !owner ? call : `${owner}.${name}`, snippets);
    return [
      `<h3 id="${id}"><a href="#${id}">${call}(${names})</a></h3>`,
      words,
      table(params.flatMap((param) => this.#rows(param, defaults, file))),
      `Gives <code>${this.linked(returns, file)}</code>${note ? `, ${note}` : ""}.`,
      errors && `Errors: ${errors}`,
      example && `\`\`\`js\n${example}\n\`\`\``,
    ].filter(Boolean).join("\n\n");
  }

  /** What a comment says of errors is told by itself. @param {string} text */
  #parted(text) {
    const sentences = text.split(/(?<=\.)\s+(?=[A-Z`])/);
    const isError = (/** @type {string} */ sentence) => /\brejects\b/i.test(sentence);
    const coded = (/** @type {string} */ sentence) => sentence.replaceAll(/\b[a-z]+(?:-[a-z]+)+\b/g, (word) => (this.codes.has(word) ? `[\`${word}\`](#error-${word})` : word));
    return { words: sentences.filter((one) => !isError(one)).join(" "), errors: sentences.filter(isError).map(coded).join(" ") };
  }

  /** A parameter, and the fields of one that is written out. @param {Method["params"][number]} param @param {Map<string, string>} defaults @param {string} file */
  #rows({ name, type, isOptional, note }, defaults, file) {
    const parts = split(type, "&");
    const rest = parts.filter((part) => !part.startsWith("{")).join(" & ");
    const own = parts.filter((part) => part.startsWith("{")).flatMap(fieldsOf);
    const row = [named(name, isOptional), rest ? `<code>${this.linked(rest, file)}</code>` : "with these fields:", defaults.get(name) ?? "", note];
    const fields = own.map((field) => [named(`${name}.${field.name}`, field.isOptional), `<code>${this.linked(field.type, file)}</code>`, defaults.get(field.name) ?? "", ""]);
    return [row, ...fields];
  }

  /** All types that were named, and those that they name. */
  told() {
    /** @type {{id: string, name: string, text: string}[]} */
    const told = [];
    const done = new Set();
    for (let open = [...this.#named]; open.length > 0; open = [...this.#named].filter(([id]) => !done.has(id))) {
      for (const [id, { name, file }] of open) {
        done.add(id);
        told.push({ id, name, text: this.#type(id, name, file) });
      }
    }
    return told.sort((a, b) => (a.name.toLowerCase() + a.id < b.name.toLowerCase() + b.id ? -1 : 1)).map(({ text }) => text);
  }

  /** @param {string} id @param {string} name @param {string} file */
  #type(id, name, file) {
    const { type, text } = /** @type {Alias} */ (this.#resolve(name, file)?.alias);
    const parts = split(type, "&");
    const fields = parts.filter((part) => part.startsWith("{")).flatMap(fieldsOf);
    const isRecord = fields.length > 0 && split(type, "|").length === 1;
    const { words, notes } = isRecord ? notesFrom(text, fields.map((field) => field.name)) : { words: text, notes: new Map() };
    const defaults = new Map(name === "FitOptions" ? Object.entries(FIT).map(([field, value]) => [field, JSON.stringify(value)]) : []);
    const others = parts.filter((part) => !part.startsWith("{")).join(" & ");
    const rows = fields.map((field) => [named(field.name, field.isOptional), `<code>${this.linked(field.type, file)}</code>`, defaults.get(field.name) ?? "", notes.get(field.name) ?? ""]);
    const shape = isRecord ? [others && `All of <code>${this.linked(others, file)}</code>, and:`, table(rows)].filter(Boolean).join("\n\n")
      : `<pre tabindex="0"><code>${split(type, "|").map((part) => this.linked(part, file)).join("\n| ")}</code></pre>`;
    const heading = id === `type-${name.toLowerCase()}` ? name : `${name} (of ${posix.basename(file).replaceAll("_", " ")})`;
    return [`<h3 id="${id}"><a href="#${id}">${heading}</a></h3>`, words, shape].filter(Boolean).join("\n\n");
  }
}

/** @param {string} name @param {boolean} isOptional */
const named = (name, isOptional) => `\`${name}${isOptional ? "?" : ""}\``;

/** `{ a: string; b?: number }` @param {string} type */
function fieldsOf(type) {
  return split(type.slice(1, -1), ";").map((text) => {
    const [, name = "", mark = "", rest = ""] = /^(\w+)(\??):\s*([^]*)$/.exec(text) ?? [];
    return { name, isOptional: mark === "?", type: rest };
  });
}

/** Takes out of a comment what it says of single fields: "`name`: words." @param {string} text @param {string[]} fields */
function notesFrom(text, fields) {
  const notes = new Map();
  const words = [];
  for (const sentence of text.replaceAll("\n", " ").split(/(?<=[.;]) (?=`\w+`)/)) {
    const [, head = "", rest = ""] = /^((?:`\w+`(?:, )?)+)(?:, with [^:]+)?: ([^]*)$/.exec(sentence) ?? [];
    const names = [...head.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    if (names.length === 0 || !names.every((name) => fields.includes(name))) words.push(sentence);
    else for (const name of names) notes.set(name, rest.replace(/[.;]$/, ""));
  }
  return { words: words.join(" "), notes };
}

/** Columns that say nothing are left out. @param {string[][]} rows name, type, default, what */
function table(rows) {
  if (rows.length === 0) return "";
  const heads = ["name", "type", "default", "what"];
  const used = heads.map((_, column) => column < 2 || rows.some((row) => row[column] !== ""));
  const line = (/** @type {string[]} */ cells) => `| ${cells.filter((_, column) => used[column]).map(cell).join(" | ")} |`;
  const values = rows.map(([name, type, value, what]) => [name, type, value && `\`${value}\``, what]);
  return [line(heads), line(heads.map(() => "---")), ...values.map(line)].join("\n");
}

/** The first place in the texts where it is called, to the end of the statement. @param {string} call @param {string[]} snippets */
function exampleOf(call, snippets) {
  for (const lines of snippets.map((code) => code.split("\n"))) {
    const at = lines.findIndex((line) => new RegExp(`(?<![\\w.])${call.replaceAll(".", "\\.")}\\(`).test(line));
    if (at < 0) continue;
    const length = lines.slice(at).findIndex((line) => /[;}]\s*(\/\/.*)?$/.test(line));
    return lines.slice(at, at + length + 1).map((line) => line.replace(/ {2,}\/\//, "  //").trimEnd()).join("\n");
  }
  return "";
}

/** @param {string} file @param {string} from */
const beside = (file, from) => posix.join(posix.dirname(file), from.replace(/\.js$/, ""));

/** @param {string} call */
const slugOf = (call) => call.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
