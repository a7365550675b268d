// The golden of tests/golden/README.md: the pictures, drawn again, and the features that PyTorch gives for them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const SIZE = 224;

/** @param {number} seed */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}

/** @param {(y: number, x: number) => number[]} colour */
function draw(colour) {
  const pixels = Buffer.alloc(SIZE * SIZE * 3);
  for (let y = 0; y < SIZE; y++) for (let x = 0; x < SIZE; x++) pixels.set(colour(y, x), (y * SIZE + x) * 3);
  return pixels;
}

/** @param {number} y @param {number} x */
function shapes(y, x) {
  if (x >= 120 && x < 200 && y >= 130 && y < 190) return [30, 160, 80];
  if ((x - 90) ** 2 + (y - 100) ** 2 < 60 ** 2) return [200, 50, 40];
  return ((x >> 4) + (y >> 4)) % 2 === 0 ? [230, 225, 210] : [40, 60, 90];
}

function clouds() {
  const next = random(2);
  const nodes = Array.from({ length: 8 * 8 * 3 }, next);
  return draw((y, x) => {
    const [i, v, j, u] = [y >> 5, y & 31, x >> 5, x & 31];
    const node = (/** @type {number} */ row, /** @type {number} */ column, /** @type {number} */ c) => nodes[(row * 8 + column) * 3 + c];
    return [0, 1, 2].map((c) => {
      const above = node(i, j, c) * (32 - u) + node(i, j + 1, c) * u;
      const below = node(i + 1, j, c) * (32 - u) + node(i + 1, j + 1, c) * u;
      return (above * (32 - v) + below * v) >> 10;
    });
  });
}

function noise() {
  const next = random(1);
  return draw(() => [next(), next(), next()]);
}

const gradient = () => draw((y, x) => [(x * 255) / 223, (y * 255) / 223, ((x + y) * 255) / 446].map(Math.floor));

/** Pictures u8 [224, 224, 3], each with its features f32 [1280]: by stored statistics, and as one batch by its own.
 * @returns {Promise<{name: string, pixels: Buffer, features: Float32Array, featuresByBatch: Float32Array}[]>}
 */
export async function golden() {
  const file = await readFile(new URL("../golden/lite0.safetensors", import.meta.url));
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, start).toString());
  const drawings = /** @type {Record<string, () => Buffer>} */ ({ noise, gradient, shapes: () => draw(shapes), clouds });
  const [, width] = header.features.shape;
  return header.__metadata__.pictures.split(",").map((/** @type {string} */ name, /** @type {number} */ row) => {
    const pixels = drawings[name]();
    assert.equal(createHash("sha256").update(pixels).digest("hex"), header.__metadata__[`sha256.${name}`], `the picture ${name}`);
    const rowOf = (/** @type {string} */ key) => {
      const from = file.byteOffset + start + header[key].data_offsets[0] + row * width * 4;
      return new Float32Array(file.buffer.slice(from, from + width * 4));
    };
    return { name, pixels, features: rowOf("features"), featuresByBatch: rowOf("features_batch") };
  });
}

/** `noise` and `shapes` with the features that a network with drawn weights has of them, by its library.
 * @param {string} backbone one whose input is 224 × 224
 * @returns {Promise<{pixels: Buffer, features: Float32Array}[]>}
 */
export async function goldenOf(backbone) {
  const file = await readFile(new URL("../golden/families.safetensors", import.meta.url));
  const start = 8 + Number(file.readBigUInt64LE(0));
  const { data_offsets: [first], shape: [, width] } = JSON.parse(file.subarray(8, start).toString())[`${backbone}.features`];
  return [noise(), draw(shapes)].map((pixels, row) => {
    const from = file.byteOffset + start + first + row * width * 4;
    return { pixels, features: new Float32Array(file.buffer.slice(from, from + width * 4)) };
  });
}
