// Writes the service worker of a built site, with the SHA-256 of each file in it:
//   node build/offline.mjs FOLDER
// Two builds with the same files give the same bytes. Licences and files for the server alone are not part of it,
// nor is the documentation, which is kept page by page as it is opened.
import { createHash } from "node:crypto";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

const DOCS = "docs/";
const PART_OF_THE_PAGE = /\.(html|js|mjs|css|svg|png|jpg|json|wasm|safetensors|webmanifest)$/;

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: node build/offline.mjs FOLDER");
const source = await readFile(join(folder, "offline/service_worker.js"), "utf8");
await rm(join(folder, "offline"), { recursive: true });
const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const paths = entries
  .filter((entry) => entry.isFile() && PART_OF_THE_PAGE.test(entry.name))
  .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join("/"))
  .filter((path) => path !== "sw.js" && !path.startsWith(DOCS))
  .sort();
/** @param {string | Buffer} bytes @param {"hex" | "base64"} form */
const sha256 = (bytes, form) => createHash("sha256").update(bytes).digest(form);
const files = await Promise.all(paths.map(async (path) => [path, `sha256-${sha256(await readFile(join(folder, path)), "base64")}`]));
const list = `const FILES = ${JSON.stringify(Object.fromEntries(files), null, 1)};`;
const version = sha256(list + source, "hex").slice(0, 16);
await writeFile(join(folder, "sw.js"), `// Made by build/offline.mjs.\nconst VERSION = "${version}";\n${list}\n${source}`);
console.log(`sw.js: ${files.length} files, version ${version}`);
