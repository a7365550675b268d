// Folders of pictures to train on: real photos where HEADSTART_DATA has them, else patterns drawn here.
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { png } from "./png.mjs";

/** The folder with test pictures, if there is one. */
export const DATA = process.env.HEADSTART_DATA;

/** @typedef {import("node:test").TestContext} TestContext */

/** An empty folder that is gone after the test. @param {TestContext} t */
export async function emptyFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), "headstart-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Class folders with `each` pictures in each of `classes` classes.
 * @param {TestContext} t
 * @param {{classes?: number, each?: number}} [size]
 * @returns {Promise<{folder: string, labels: string[]}>}
 */
export async function pictureFolder(t, { classes = 3, each = 8 } = {}) {
  const folder = join(await emptyFolder(t), "pictures");
  const labels = DATA ? await copyPhotos(join(DATA, "caltech7"), folder, classes, each) : await drawPatterns(folder, classes, each);
  return { folder, labels };
}

/** @param {string} from @param {string} to @param {number} classes @param {number} each */
async function copyPhotos(from, to, classes, each) {
  const entries = await readdir(from, { withFileTypes: true });
  const labels = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort().slice(0, classes);
  for (const label of labels) {
    await mkdir(join(to, label), { recursive: true });
    const files = (await readdir(join(from, label))).sort().slice(0, each);
    for (const file of files) await cp(join(from, label, file), join(to, label, file));
  }
  return labels;
}

/** @param {string} to @param {number} classes @param {number} each */
async function drawPatterns(to, classes, each) {
  const labels = Object.keys(PATTERNS).sort().slice(0, classes);
  for (const label of labels) {
    await mkdir(join(to, label), { recursive: true });
    for (let n = 0; n < each; n++) await writeFile(join(to, label, `${label}-${n}.png`), pattern(label, n));
  }
  return labels;
}

/** @type {Record<string, (x: number, y: number, n: number, wider: number) => boolean>} */
const PATTERNS = {
  squares: (x, y, n) => (Math.floor(x / (18 + n)) + Math.floor(y / (18 + n))) % 2 === 0,
  rings: (x, y, n, wider) => Math.floor(Math.hypot(x - 130 - 3 * n, y - 120 + 2 * n) / (14 + wider * n)) % 2 === 0,
  stripes: (x, y, n, wider) => Math.floor((x + y / 3 + 5 * n) / (16 + wider * n)) % 2 === 0,
};

/** A picture of a pattern; `n` makes each another one. Only where they grow `wider` with it are none near-duplicates of each other.
 * @param {string} label @param {number} n @param {number} [wider] @returns {Buffer}
 */
export function pattern(label, n, wider = 0) {
  const isOn = PATTERNS[label];
  return png(280, 260, (x, y) => (isOn(x, y, n, wider) ? [220 - 3 * n, 200, 60 + 5 * n] : [30 + 4 * n, 50, 120]));
}

/** Drawn pictures, none a near-duplicate of another, whatever HEADSTART_DATA has. @param {TestContext} t @param {{labels?: string[], each?: number}} [size] @returns {Promise<string>} the folder */
export async function drawnFolder(t, { labels = ["rings", "stripes"], each = 10 } = {}) {
  const folder = join(await emptyFolder(t), "pictures");
  for (const label of labels) {
    await mkdir(join(folder, label), { recursive: true });
    for (let n = 0; n < each; n++) await writeFile(join(folder, label, `${label}-${n}.png`), pattern(label, n, 1));
  }
  return folder;
}

/** Rings and stripes for the API in a page, which takes no bytes from here. @param {number} each of either class */
export const namedPatterns = (each) => ["rings", "stripes"].flatMap((label) =>
  Array.from({ length: each }, (_, n) => ({ label, name: `${label}-${n}.png`, base64: pattern(label, n).toString("base64") })));
