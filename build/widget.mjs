// Makes what the notebook widget's wheel holds besides Python, from dist-npm/ and widget/js: node build/widget.mjs
// A notebook has no server. So each worker becomes one script, and what dist-npm/ reaches by `new URL(…, import.meta.url)` is looked up
// by its path in a table of blob addresses, which widget/js/files.js fills with what the kernel sends. All but widget.js is gzipped.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const [NPM, WIDGET] = [join(ROOT, "dist-npm"), join(ROOT, "widget")];
const [STATIC, LICENSES] = [join(WIDGET, "src/headstart_widget/static"), join(WIDGET, "licenses")];
/** Reads Keras's files, which a notebook has other tools for. */
const LEFT_OUT = /vendor\/h5wasm\.js$/;
/** Fresh instances of the engine are imported by address. */
const GLUE = ["pkg/engine.js", "pkg/engine_cpu.js", "pkg/engine_cpu_relaxed.js"];
const AS_THEY_ARE = [
  "pkg/engine_bg.wasm", "pkg/engine_cpu_bg.wasm", "pkg/engine_cpu_relaxed_bg.wasm", "pkg/pool_bg.wasm", "pkg/pool_relaxed_bg.wasm",
  "weights/efficientnet-lite0.safetensors",
];

const { version } = JSON.parse(await readFile(join(NPM, "package.json"), "utf8").catch(() => {
  throw new Error("dist-npm/ is missing. ./build.sh npm makes it.");
}));
for (const folder of [STATIC, LICENSES]) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}
/** The table's name in each thread: two notebooks on one page may have two versions. */
const table = `headstart-${version}-${await hashOfPackage()}`;
/** What a browser will look for. @type {Set<string>} */
const wanted = new Set();
/** @type {Record<string, number>} */
const sizes = {};
await putWorkersOf(await bundle(join(NPM, "index.js")));
for (const path of GLUE) await put(path, looksUp(await readFile(join(NPM, path), "utf8"), join(NPM, path)));
for (const path of AS_THEY_ARE) await put(path, await readFile(join(NPM, path)));
const lists = `export const TABLE = ${JSON.stringify(table)};\nexport const SIZES = ${JSON.stringify(sizes)};\n`;
await writeFile(join(STATIC, "widget.js"), await bundle(join(WIDGET, "js/widget.js"), lists));
const missing = [...wanted].filter((path) => !path.endsWith("/") && !(path in sizes));
if (missing.length > 0) throw new Error(`dist-npm/ looks for ${missing.join(", ")}, which the wheel has not: add it to build/widget.mjs.`);
await copyFile(join(WIDGET, "js/widget.css"), join(STATIC, "widget.css"));
for (const path of await licenses()) await copyFile(join(NPM, path), join(LICENSES, path.replaceAll("/", "-")));
console.log(`widget/src/headstart_widget/static/: ${Object.keys(sizes).length} files, ${Object.values(sizes).reduce((sum, size) => sum + size)} bytes with gzip`);

/** Each after those that it starts itself: so their addresses are known when its own is made. @param {string} code */
async function putWorkersOf(code) {
  for (const [, path] of code.matchAll(/absent:(worker\/[^"'`]+\.js)/g)) {
    if (path in sizes) continue;
    const worker = await bundle(join(NPM, path));
    await putWorkersOf(worker);
    await put(path, worker);
  }
}

/** @param {string} path @param {string | Buffer} content */
async function put(path, content) {
  const packed = gzipSync(content, { level: 9 });
  sizes[path] = packed.length;
  await writeFile(join(STATIC, `${path.replace("/", "-")}.gz`), packed);
}

/** One script of an entry and all that it imports. @param {string} entry @param {string} [lists] the module `headstart-files` @returns {Promise<string>} */
async function bundle(entry, lists = "") {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    root: WIDGET,
    publicDir: false,
    plugins: [{
      name: "headstart-files",
      enforce: "pre", // before Vite makes assets and workers of these addresses
      resolveId: (id) => (id === "headstart-files" ? "\0headstart-files" : undefined),
      load: (id) => (id === "\0headstart-files" ? lists : undefined),
      transform: (code, id) => ({ code: looksUp(code, id), map: null }),
    }],
    resolve: { alias: { headstart: join(NPM, "index.js") } },
    build: {
      write: false,
      target: "es2022",
      lib: { entry, formats: ["es"], fileName: () => basename(entry) },
      rolldownOptions: { external: LEFT_OUT, output: { codeSplitting: false } },
    },
  });
  const [{ output }] = /** @type {{output: {type: string, code: string}[]}[]} */ (built);
  if (output.length !== 1) throw new Error(`${entry} became ${output.length} files instead of one.`);
  return output[0].code;
}

/** @param {string} code @param {string} file */
function looksUp(code, file) {
  return code.replace(/\bnew URL\(\s*["']([^"']+)["'],\s*import\.meta\.url\s*\)/g, (_, to) => {
    const path = posix.join(relative(NPM, join(file, "..")).split(sep).join("/"), to);
    wanted.add(path);
    return `new URL(globalThis[${JSON.stringify(table)}]?.[${JSON.stringify(path)}] ?? ${JSON.stringify(`absent:${path}`)})`;
  });
}

async function licenses() {
  const all = await readdir(NPM, { recursive: true });
  return all.map((path) => path.split(sep).join("/")).filter((path) => /(LICENSE[^/]*|NOTICES|licenses-rust)\.txt$/.test(path) && !path.includes("h5wasm"));
}

async function hashOfPackage() {
  const hash = createHash("sha256");
  for (const path of [...GLUE, ...AS_THEY_ARE, "package.json"]) hash.update(await readFile(join(NPM, path)));
  for (const path of (await readdir(join(NPM, "worker"))).sort()) hash.update(await readFile(join(NPM, "worker", path)));
  return hash.digest("hex").slice(0, 12);
}
