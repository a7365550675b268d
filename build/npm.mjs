// Makes dist-npm/, the npm package, from dist/: node build/npm.mjs
// It holds what its two entries reach, and nothing else of the page: a file is reached by an import or a `new URL`.
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const [DIST, PACKAGE] = [process.env.HEADSTART_DIST ?? join(ROOT, "dist"), join(ROOT, "dist-npm")];
const ENTRIES = ["index.js", "node.js"];
/** In dist/ → in the package. @type {Record<string, string>} */
const TEXTS = {
  "LICENSE-MIT.txt": "LICENSE-MIT.txt", "LICENSE-APACHE.txt": "LICENSE-APACHE.txt", "NOTICES.txt": "NOTICES.txt",
  "licenses-rust.txt": "licenses-rust.txt", "weights/LICENSE.txt": "weights/LICENSE.txt",
  "vendor/fflate.LICENSE.txt": "vendor/fflate.LICENSE.txt", "vendor/h5wasm.LICENSE.txt": "vendor/h5wasm.LICENSE.txt",
  "vendor/idb.LICENSE.txt": "vendor/idb.LICENSE.txt",
  ...Object.fromEntries(["umap", "ml-levenberg-marquardt", "ml-matrix", "is-any-array"].map((name) => [`vendor/${name}.LICENSE.txt`, `vendor/${name}.LICENSE.txt`])),
  "vendor/versions.txt": "vendor/versions.txt",
};
/** Node takes these by computed names. */
const OF_NODE = ["pkg/pool.js", "pkg/pool_relaxed.js", "pkg/engine_cpu.js", "pkg/engine_cpu_relaxed.js"];

await rm(PACKAGE, { recursive: true, force: true });
await mkdir(PACKAGE, { recursive: true });
const files = new Set(OF_NODE);
for (const entry of ENTRIES) {
  const source = (await readFile(join(ROOT, "npm", entry), "utf8")).replaceAll(/(["`])\.\.\/www\//g, "$1./");
  await writeFile(join(PACKAGE, entry), source);
  for (const path of referencesOf(source, entry)) await reach(path);
}
for (const path of files) await put(join(DIST, path), path);
for (const [from, to] of Object.entries(TEXTS)) await put(join(DIST, from), to);
await put(join(ROOT, "npm/README.md"), "README.md");
execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", join(ROOT, "npm/tsconfig.types.json")], { stdio: "inherit" });
await writeFile(join(PACKAGE, "package.json"), `${JSON.stringify(await manifest(), null, 2)}\n`);
console.log(`dist-npm/: ${files.size} files of dist/`);

/** @param {string} path */
async function reach(path) {
  if (files.has(path)) return;
  files.add(path);
  if (!path.endsWith(".js") || path.startsWith("pkg/")) return; // wasm.js names the wasm of each glue
  for (const next of referencesOf(await readFile(join(DIST, path), "utf8"), path)) await reach(next);
}

/** @param {string} source @param {string} path */
function referencesOf(source, path) {
  const code = source.replace(/\/\*\*[^]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, ""); // types import too, but only in comments
  const found = code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*)["'](\.{1,2}\/[^"']+)["']/g);
  return [...found].map(([, to]) => posix.join(posix.dirname(path), to));
}

/** @param {string} from @param {string} to */
async function put(from, to) {
  await stat(from).catch(() => { throw new Error(`${from} is missing. ./build.sh build makes dist/.`); });
  await mkdir(dirname(join(PACKAGE, to)), { recursive: true });
  await copyFile(from, join(PACKAGE, to));
}

async function manifest() {
  const cargo = await readFile(join(ROOT, "Cargo.toml"), "utf8");
  const { engines, license } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  return {
    name: "headstart",
    version: /^version = "(.+)"$/m.exec(cargo)?.[1],
    description: "Train an image classifier in the browser, or in Node on the CPU: a frozen backbone, a small head, honest validation",
    keywords: ["image-classification", "transfer-learning", "wasm", "webgpu", "browser"],
    license,
    type: "module",
    engines,
    exports: {
      ".": { types: "./types/npm/index.d.ts", node: "./node.js", default: "./index.js" },
      "./weights/*": "./weights/*",
      "./package.json": "./package.json",
    },
    types: "./types/npm/index.d.ts",
    sideEffects: false,
    files: ["*.js", "*.txt", "page", "worker", "shared", "pkg", "vendor", "weights", "types"],
  };
}
