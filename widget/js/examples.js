// Example pictures, drawn in this browser: nothing is fetched, and nothing passes through the kernel.
// The same seed draws the same pixels in every browser. Each class is a way to say how bright a point is.

const SIZE = 256;
/** Of one object in "bursts". */
const FRAMES = 4;

/** @typedef {() => number} Random */
/** How bright a point is, 0 to 1. @typedef {(x: number, y: number) => number} Shade */
/** @typedef {{tint: (shade: number) => [number, number, number], classes: Record<string, (random: Random) => Shade>}} Kind */

/** @type {Record<string, Kind>} */
const KINDS = {
  patterns: { tint: (shade) => [30 + 190 * shade, 50 + 150 * shade, 120 - 50 * shade], classes: { rings, squares, stripes } },
  cells: { tint: (shade) => [255 * shade, 255 * shade, 255 * shade], classes: { cracked, dark, sound } },
};

export const KIND_NAMES = [...Object.keys(KINDS), "bursts"];

/** Files with their classes. "bursts": objects whose class is a coin's, so that nothing can be learnt, each in a burst of frames.
 * @param {string} kind @param {number} each of a class @param {number} seed @returns {Promise<{file: File, label: string, name: string}[]>}
 */
export async function drawExamples(kind, each, seed) {
  if (kind === "bursts") return drawBursts(each, seed);
  const { tint, classes } = KINDS[kind];
  const jobs = Object.entries(classes).flatMap(([label, draw], at) =>
    Array.from({ length: each }, async (_, n) => {
      const name = `${label}-${n + 1}.png`;
      return { name, label, file: await picture(name, tint, draw(randomFrom(seed, at, n))) };
    }));
  return Promise.all(jobs);
}

/** @param {number} each @param {number} seed */
function drawBursts(each, seed) {
  const { tint } = KINDS.patterns;
  const shapes = Object.values(KINDS.patterns.classes);
  return Promise.all(Array.from({ length: 2 * each }, async (_, frame) => {
    const object = Math.floor(frame / FRAMES);
    const shade = shapes[object % shapes.length](randomFrom(seed, 7, object));
    const label = randomFrom(seed, 8, object)() < 0.5 ? "heads" : "tails";
    const name = `object-${object + 1}-frame-${(frame % FRAMES) + 1}.png`;
    const [light, shift] = [0.96 + 0.02 * (frame % FRAMES), frame % FRAMES];
    return { name, label, file: await picture(name, tint, (x, y) => light * shade(x + shift, y)) };
  }));
}

/** @param {Random} random @returns {Shade} */
function rings(random) {
  const [x0, y0, wide, noise] = [60 + 140 * random(), 60 + 140 * random(), 8 + 26 * random(), grain(random, 0.15)];
  return (x, y) => (Math.floor(Math.hypot(x - x0, y - y0) / wide) % 2) * 0.8 + noise();
}

/** @param {Random} random @returns {Shade} */
function squares(random) {
  const [angle, wide, noise] = [Math.PI * random(), 14 + 30 * random(), grain(random, 0.15)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return (x, y) => ((Math.floor((cos * x - sin * y) / wide) + Math.floor((sin * x + cos * y) / wide)) & 1) * 0.8 + noise();
}

/** @param {Random} random @returns {Shade} */
function stripes(random) {
  const [angle, wide, noise] = [Math.PI * random(), 8 + 24 * random(), grain(random, 0.15)];
  return (x, y) => (Math.floor((Math.cos(angle) * x + Math.sin(angle) * y) / wide) & 1) * 0.8 + noise();
}

/** A solar cell as an infrared camera sees it: grey, darker to its edge, with two bars. @param {Random} random @returns {Shade} */
function sound(random) {
  const [base, bar, noise] = [0.42 + 0.16 * random(), 80 + 10 * random(), grain(random, 0.1)];
  return (x, y) => {
    const edge = Math.min(x, y, SIZE - x, SIZE - y) / 30;
    const onBar = Math.abs(x - bar) < 3 || Math.abs(x - (SIZE - bar)) < 3;
    return (onBar ? 0.4 : 1) * base * Math.min(1, 0.6 + 0.4 * edge) + noise();
  };
}

/** With a thin dark line through it. @param {Random} random @returns {Shade} */
function cracked(random) {
  const cell = sound(random);
  const [angle, x0, y0, bend] = [Math.PI * random(), 70 + 110 * random(), 70 + 110 * random(), 8 + 10 * random()];
  const [cos, sin, half] = [Math.cos(angle), Math.sin(angle), 60 + 60 * random()];
  return (x, y) => {
    const [along, across] = [cos * (x - x0) + sin * (y - y0), cos * (y - y0) - sin * (x - x0)];
    const isCrack = Math.abs(along) < half && Math.abs(across - bend * Math.sin(along / 14)) < 2;
    return isCrack ? cell(x, y) * 0.25 : cell(x, y);
  };
}

/** With a part that gives no light. @param {Random} random @returns {Shade} */
function dark(random) {
  const cell = sound(random);
  const [x0, y0, radius] = [50 + 150 * random(), 50 + 150 * random(), 26 + 34 * random()];
  return (x, y) => cell(x, y) * (0.35 + 0.65 / (1 + Math.exp((radius - Math.hypot(x - x0, y - y0)) / 9)));
}

/** @param {Random} random @param {number} strength */
const grain = (random, strength) => () => strength * random();

/** @param {string} name @param {Kind["tint"]} tint @param {Shade} shade */
async function picture(name, tint, shade) {
  const image = new ImageData(SIZE, SIZE);
  for (let at = 0; at < SIZE * SIZE; at++) {
    image.data.set([...tint(Math.min(1, shade(at % SIZE, Math.floor(at / SIZE)))), 255], 4 * at);
  }
  const canvas = new OffscreenCanvas(SIZE, SIZE);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser gives no canvas to draw examples on. Choose pictures of your own.");
  context.putImageData(image, 0, 0);
  return new File([await canvas.convertToBlob()], name, { type: "image/png" });
}

/** Numbers from 0 to 1 (mulberry32). @param {...number} seeds @returns {Random} */
function randomFrom(...seeds) {
  let state = seeds.reduce((mixed, seed) => Math.imul(mixed ^ seed, 0x9e3779b1) + 0x7f4a7c15, 1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
