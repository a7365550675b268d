// Names the page's modules in index.html of a built site, so that they come at once and not each after the one that asks for it:
//   node build/preload.mjs FOLDER
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";

const START = "page/main.js";
/** What a minified module needs before it runs; `import()` comes when it is asked for. */
const IMPORTS = /\b(?:from|import)\s*"(\.[^"]+\.js)"/g;

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: node build/preload.mjs FOLDER");
const found = new Set([START]);
for (const path of found) {
  const script = await readFile(join(folder, path), "utf8");
  for (const [, name] of script.matchAll(IMPORTS)) found.add(posix.join(dirname(path), name));
}
found.delete(START);
const links = [...found].sort().map((path) => `<link rel="modulepreload" href="${path}">`).join("\n  ");
const html = await readFile(join(folder, "index.html"), "utf8");
const entry = `<script type="module" src="${START}"></script>`;
if (!html.includes(entry)) throw new Error(`index.html of ${folder} does not start ${START}`);
await writeFile(join(folder, "index.html"), html.replace(entry, `${entry}\n  ${links}`));
console.log(`index.html: ${found.size} modules come at once`);
