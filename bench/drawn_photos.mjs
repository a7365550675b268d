// Photos that are drawn: JPEGs of noise over the hue of their class, so that none looks like another, in a folder for each class.
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Drawn at once, since they cross as text. */
const BATCH = 10;

/** Files `class N/NUMBER.jpg`, numbered from `from`. Chromium encodes them.
 * @param {import("playwright-core").Page} page @param {string} folder @param {{images: number, classes: number, width: number, height: number, from?: number}} wanted
 */
export async function drawPhotos(page, folder, { images, classes, width, height, from = 0 }) {
  for (let label = 0; label < classes; label++) await mkdir(join(folder, `class ${label}`), { recursive: true });
  for (let first = from; first < from + images; first += BATCH) {
    const hues = Array.from({ length: Math.min(BATCH, from + images - first) }, (_, i) => (((first + i) % classes) * 360) / classes);
    const drawn = await page.evaluate(jpegs, { hues, width, height });
    for (const [i, base64] of drawn.entries()) await writeFile(join(folder, `class ${(first + i) % classes}`, `${first + i}.jpg`), Buffer.from(base64, "base64"));
  }
}

/** More files of the photos that are there, until there are so many: each has other bytes behind its end, so that none is a copy.
 * @param {string} folder @param {number} images
 */
export async function multiply(folder, images) {
  const drawn = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(".jpg")).sort();
  for (let number = drawn.length; number < images; number++) {
    const path = drawn[number % drawn.length];
    await writeFile(join(folder, path.replace(".jpg", `-${number}.jpg`)), Buffer.concat([await readFile(join(folder, path)), Buffer.from(String(number))]));
  }
}

/** In the page: coarse cells over fine grain, which makes a file as large as a photo's. @param {{hues: number[], width: number, height: number}} wanted */
async function jpegs({ hues, width, height }) {
  const grain = new OffscreenCanvas(512, 512);
  const grained = /** @type {OffscreenCanvasRenderingContext2D} */ (grain.getContext("2d"));
  const noise = grained.createImageData(512, 512);
  for (let i = 0; i < noise.data.length; i += 4) noise.data.set([0, 0, 0, Math.random() * 40], i);
  grained.putImageData(noise, 0, 0);
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const [w, h] = [width / 32, height / 24];
  const files = [];
  for (const hue of hues) {
    for (let cell = 0; cell < 32 * 24; cell++) {
      context.fillStyle = `hsl(${hue + Math.random() * 80 - 40} 60% ${30 + Math.random() * 40}%)`;
      context.fillRect((cell % 32) * w, Math.floor(cell / 32) * h, w + 1, h + 1);
    }
    context.fillStyle = /** @type {CanvasPattern} */ (context.createPattern(grain, "repeat"));
    context.fillRect(0, 0, width, height);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 })).arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    files.push(btoa(text));
  }
  return files;
}
