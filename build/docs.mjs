// Makes the docs site from the repository's Markdown: node build/docs.mjs FOLDER
// A link to a file that is no page, to a page or heading that is not there, ends the build: docs don't rot unseen.
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { apiReference } from "./docs/api.mjs";
import { errorTable, errorTexts, exampleTable, moduleTable } from "./docs/crate.mjs";
import { brokenLinks, targetOf } from "./docs/links.mjs";
import { htmlFrom } from "./docs/markdown.mjs";
import { PAGES } from "./docs/pages.mjs";
import { pageFrom } from "./docs/template.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OWN = ["docs.css", "docs.js"];

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: node build/docs.mjs FOLDER");
/** @type {string[]} */
const faults = [];
/** Files that pages show, by their path in the repository. @type {Set<string>} */
const shown = new Set();

await mkdir(join(folder, "files"), { recursive: true });
const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(await text("www/index.html"))?.[1] ?? "";
const generated = await generatedParts();
/** @type {Map<string, string>} */
const pages = new Map();
for (const page of PAGES) {
  const source = (await text(page.source)).replaceAll(/<!-- generated: (\w+) -->/g, (mark, name) => generated[name] ?? missing(page.source, mark));
  pages.set(page.page, pageFrom({ page, html: htmlFrom(source, (href) => target(href, page.source)), policy }));
}
faults.push(...brokenLinks(pages));
for (const path of shown) if (!(await stat(join(ROOT, path)).catch(() => null))) faults.push(`${path} is linked to, and not there`);
if (faults.length > 0) throw new Error(`The docs have broken links:\n  ${faults.join("\n  ")}`);

for (const [page, html] of pages) await writeFile(join(folder, page), html);
for (const path of shown) await copyFile(join(ROOT, path), join(folder, "files", basename(path)));
for (const name of OWN) await copyFile(join(ROOT, "docs", name), join(folder, name));
console.log(`docs: ${pages.size} pages, ${shown.size} files`);

/** @param {string} path */
function text(path) {
  return readFile(join(ROOT, path), "utf8");
}

/** @param {string} source @param {string} mark */
function missing(source, mark) {
  faults.push(`${source}: nothing is generated for ${mark}`);
  return "";
}

/** What stands in Markdown as `<!-- generated: api -->`. @returns {Promise<Record<string, string>>} */
async function generatedParts() {
  const types = await mkdtemp(join(tmpdir(), "headstart-types-"));
  try {
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    execFileSync(process.execPath, [tsc, "-p", join(ROOT, "npm/tsconfig.types.json"), "--outDir", types], { stdio: "inherit" });
    const texts = errorTexts(ROOT);
    const examples = await Promise.all(PAGES.map(({ source }) => text(source)));
    const api = apiReference({ root: ROOT, types, examples, codes: new Set(texts.keys()) });
    return { api, errors: errorTable(texts), modules: moduleTable(ROOT), examples: exampleTable(ROOT) };
  } finally {
    await rm(types, { recursive: true });
  }
}

/** @param {string} href @param {string} source */
function target(href, source) {
  const found = targetOf(href, source);
  if (found.fault) faults.push(found.fault);
  if (found.file) shown.add(found.file);
  return found.href;
}
