// Lays a .br and a .gz beside each file of a folder that a visitor downloads: node build/compress.mjs FOLDER CACHE
// A server that knows them sends them as they are. Brotli 11 takes a minute for the large module, so results are kept in
// CACHE by the file's hash; what this run did not need is removed there.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const CODE = /\.(js|json|wasm|css|html|svg|webmanifest)$/;
/** Numbers: with quality 11 they are 0.3 % smaller, for a hundred times the work. */
const WEIGHTS = /\.safetensors$/;
/** Below, a header costs what compression saves. */
const LEAST_BYTES = 512;
/** Part of a kept file's name: raise it when the settings below change. */
const SETTINGS = 1;

const [folder, cache] = process.argv.slice(2);
if (!folder || !cache) throw new Error("usage: node build/compress.mjs FOLDER CACHE");
await mkdir(cache, { recursive: true });
const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
const results = await Promise.all(paths.filter((path) => CODE.test(path) || WEIGHTS.test(path)).map(compress));
const kept = new Set(results.flat().map(({ name }) => name));
for (const name of await readdir(cache)) if (!kept.has(name)) await rm(join(cache, name));
/** @param {"raw" | "compressed"} key @param {string} kind */
const sum = (key, kind) => results.flat().filter((one) => one.kind === kind).reduce((total, one) => total + one[key], 0);
console.log(`compressed ${results.length} files, ${sum("raw", "br")} bytes: ${sum("compressed", "gz")} with gzip, ${sum("compressed", "br")} with brotli`);

/** @param {string} path */
async function compress(path) {
  const bytes = await readFile(path);
  if (bytes.length < LEAST_BYTES) return [];
  const hash = createHash("sha256").update(bytes).digest("hex");
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: CODE.test(path) ? 11 : 5,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const ways = { br: () => promisify(brotliCompress)(bytes, { params }), gz: () => promisify(gzip)(bytes, { level: 9 }) };
  return Promise.all(Object.entries(ways).map(async ([kind, pack]) => {
    const name = `${hash}-${SETTINGS}.${kind}`;
    const place = join(cache, name);
    if (!(await stat(place).catch(() => null))) await writeFile(place, await pack());
    await copyFile(place, `${path}.${kind}`);
    const now = new Date();
    await utimes(`${path}.${kind}`, now, now); // a server passes over one that is older than its file
    return { kind, name, raw: bytes.length, compressed: (await stat(place)).size };
  }));
}
