// Takes comments and spaces out of a built site's scripts, and no more: names stay, so that whoever looks into the page, or reads
// the trace of an error, finds what the source says: node build/minify.mjs FOLDER
// Libraries that come unminified are minified in full, with their licence notes.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { minify } from "terser";

/** What bundlers read in comments, for apps that take the npm package. */
const FOR_BUNDLERS = /webpackIgnore|@vite-ignore/;
const UNMINIFIED = /^vendor\/(uPlot\.esm|fflate\.esm|idb\.esm|d3-dsv)\.js$/;

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: node build/minify.mjs FOLDER");
let [before, after] = [0, 0];
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const name = relative(folder, path).split(sep).join("/");
  if (!entry.isFile() || !/\.m?js$/.test(name)) continue;
  const isForeign = name.startsWith("vendor/");
  if (isForeign && !UNMINIFIED.test(name)) continue;
  const source = await readFile(path, "utf8");
  const spaces = isForeign ? {} : { compress: false, mangle: false };
  const comments = isForeign ? /** @type {const} */ ("some") : FOR_BUNDLERS;
  const { code = "" } = await minify({ [name]: source }, { module: true, ecma: 2020, ...spaces, format: { comments } });
  before += source.length;
  after += code.length;
  await writeFile(path, `${code}\n`);
}
console.log(`minified scripts: ${before} characters to ${after}`);
