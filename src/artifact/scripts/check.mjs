// Recomputes what headstart said of the sample pictures, from the pictures on, and says pass or fail.
//
//   npm install onnxruntime-web        (or onnxruntime-node: faster)
//   node check.mjs                     the samples in this folder
//   npm install sharp                  to read pictures that are not BMP
//   node check.mjs PICTURE…            what the model says of other pictures
//
// Ends with status 1 where anything fails.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const HERE = new URL("./", import.meta.url);
const read = (name) => readFile(new URL(name, HERE));
const json = async (name) => JSON.parse(await read(name));

const package_ = async (...names) => {
  for (const name of names) {
    const found = await import(name).catch(() => null);
    if (found) return found;
  }
  throw new Error(`Install one of: ${names.join(", ")}.`);
};

/** A picture as {width, height, rgb}. */
async function decode(bytes) {
  if (bytes.toString("latin1", 0, 2) === "BM") return decodeBmp(bytes);
  const { default: sharp } = await package_("sharp");
  const upright = sharp(bytes).rotate().flatten({ background: "white" }).toColourspace("srgb");
  const { data, info } = await upright.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data };
}

/** 24 bits a pixel, not packed, rows from the bottom: as the samples are. */
function decodeBmp(bytes) {
  const [start, width, height] = [10, 18, 22].map((at) => bytes.readInt32LE(at));
  const [row, rgb] = [Math.ceil((3 * width) / 4) * 4, new Uint8Array(3 * width * height)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = start + (height - 1 - y) * row + 3 * x;
      rgb.set([bytes[at + 2], bytes[at + 1], bytes[at]], 3 * (y * width + x));
    }
  }
  return { width, height, rgb };
}

const KERNELS = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (signed) => {
    const [x, a] = [Math.abs(signed), -0.5];
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  } },
};

const roundHalfToEven = (x) => (x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

/** Pillow's taps for the central `crop` of `resized` pixels along a side of `source`, in 22 bits of fixed point. */
function tapsOf(source, resized, crop, { support, weight }) {
  const scale = source / resized;
  const stretch = Math.max(scale, 1);
  const first = roundHalfToEven((resized - crop) / 2);
  return Array.from({ length: crop }, (_, at) => {
    const center = (first + at + 0.5) * scale;
    const start = Math.trunc(Math.max(center - support * stretch + 0.5, 0));
    const end = Math.min(Math.trunc(center + support * stretch + 0.5), source);
    const raw = Array.from({ length: end - start }, (_, i) => weight((start + i - center + 0.5) / stretch));
    const sum = raw.reduce((a, b) => a + b, 0);
    const fixed = (x) => Math.trunc(x * 2 ** 22 + (x < 0 ? -0.5 : 0.5));
    return { start, weights: raw.map((w) => fixed(w / sum)) };
  });
}

const sample = (sum) => Math.min(Math.max((sum + 2 ** 21) >> 22, 0), 255);

/** A picture of `columns.length` × `rows.length` pixels. */
function resized({ width, height, rgb }, columns, rows) {
  const size = columns.length;
  const narrow = new Uint8Array(3 * size * height);
  for (let y = 0; y < height; y++) {
    columns.forEach(({ start, weights }, x) => {
      for (let c = 0; c < 3; c++) {
        const sum = weights.reduce((sum, weight, i) => sum + weight * rgb[3 * (y * width + start + i) + c], 0);
        narrow[3 * (y * size + x) + c] = sample(sum);
      }
    });
  }
  const pixels = new Uint8Array(3 * size * rows.length);
  rows.forEach(({ start, weights }, y) => {
    for (let at = 0; at < 3 * size; at++) {
      pixels[3 * size * y + at] = sample(weights.reduce((sum, weight, i) => sum + weight * narrow[3 * size * (start + i) + at], 0));
    }
  });
  return { width: size, height: rows.length, rgb: pixels };
}

/** Short side to `input_size / crop_pct`, the centre cut out. */
function cropped(picture, { input_size: size, crop_pct, interpolation }) {
  const { width, height } = picture;
  const short = roundHalfToEven(size / crop_pct);
  const taps = (side) => tapsOf(side, Math.trunc((short * side) / Math.min(width, height)), size, KERNELS[interpolation]);
  return resized(picture, taps(width), taps(height));
}

/** Pillow's ImageOps.pad: the whole picture in the middle of a square. */
function padded(picture, { input_size: size, interpolation, fill }) {
  const { width, height } = picture;
  const [w, h] = [width / height, height / width].map((ratio) => (ratio < 1 ? Math.max(1, roundHalfToEven(ratio * size)) : size));
  const [columns, rows] = [[width, w], [height, h]].map(([side, length]) => tapsOf(side, length, length, KERNELS[interpolation]));
  const { rgb } = resized(picture, columns, rows);
  const [left, top] = [w, h].map((length) => roundHalfToEven((size - length) / 2));
  const square = new Uint8Array(3 * size * size).map((_, at) => fill[at % 3]);
  for (let y = 0; y < h; y++) square.set(rgb.subarray(3 * w * y, 3 * w * (y + 1)), 3 * ((top + y) * size + left));
  return { width: size, height: size, rgb: square };
}

/** A part of a picture, from shares of its sides to whole pixels. */
function region({ width, height, rgb }, shares) {
  const [x, y, w, h] = shares.map((share) => Math.round(share * 1e4));
  const edges = (start, length, side) => {
    const at = (share) => roundHalfToEven((share / 1e4) * side);
    const first = Math.min(at(start), side - 1);
    return [first, Math.max(first + 1, at(start + length))];
  };
  const [[left, right], [top, bottom]] = [edges(x, w, width), edges(y, h, height)];
  const part = new Uint8Array(3 * (right - left) * (bottom - top));
  for (let row = top; row < bottom; row++) part.set(rgb.subarray(3 * (row * width + left), 3 * (row * width + right)), 3 * (right - left) * (row - top));
  return { width: right - left, height: bottom - top, rgb: part };
}

/** What the backbone sees: fitted into a square and normalised, f32 [3, size, size]. */
function prepared(picture, want) {
  const [fit, shares] = want.fit.split(":");
  const part = fit === "region" ? region(picture, shares.split(",").map(Number)) : picture;
  const { rgb } = fit === "crop" ? cropped(picture, want) : padded(part, want);
  const { input_size: size, mean, std } = want;
  return Float32Array.from({ length: 3 * size * size }, (_, at) => {
    const c = Math.floor(at / (size * size));
    return (rgb[3 * (at % (size * size)) + c] - mean[c]) / std[c];
  });
}

/** model.onnx: a function from prepared pixels to {features, probabilities}. */
async function network(size) {
  const ort = await package_("onnxruntime-node", "onnxruntime-web");
  const session = await ort.InferenceSession.create(await read("model.onnx"));
  return async (pixels) => {
    const results = await session.run({ pixels_normalized: new ort.Tensor("float32", pixels, [1, 3, size, size]) });
    return { features: results.features.data, probabilities: results.probabilities.data };
  };
}

/** head.safetensors by hand: a function from a feature row to probabilities. */
async function head({ temperature, neighbors, labels }) {
  const data = await read("head.safetensors");
  const start = 8 + Number(data.readBigUInt64LE(0));
  const header = JSON.parse(data.toString("utf8", 8, start));
  const weight = (name) => {
    const [begin, end] = header[name].data_offsets;
    return new Float32Array(data.buffer.slice(data.byteOffset + start + begin, data.byteOffset + start + end));
  };
  if (neighbors) return votes(neighbors, labels.length, temperature, weight);
  const names = ["fc1", "fc2", "fc3", "classifier"].filter((name) => header[`${name}.weight`]);
  const [mean, std] = ["standardize.mean", "standardize.std"].map(weight);
  const layers = names.map((name) => ({ name, matrix: weight(`${name}.weight`), bias: weight(`${name}.bias`) }));
  return (features) => {
    let x = features.map((value, i) => (value - mean[i]) / std[i]);
    for (const { name, matrix, bias } of layers) {
      const row = (o) => x.reduce((sum, value, i) => sum + value * matrix[o * x.length + i], bias[o]);
      x = Array.from(bias, (_, o) => (name === "classifier" ? row(o) : Math.max(row(o), 0)));
    }
    const largest = Math.max(...x);
    const exponentials = x.map((logit) => Math.exp((logit - largest) / temperature));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    return exponentials.map((value) => value / sum);
  };
}

/** The votes of the nearest rows by cosine, with one vote more in equal parts for all classes, as in the graph. */
function votes({ n_neighbors: k, weights }, count, temperature, weight) {
  const [mean, std, rows, classes] = ["standardize.mean", "standardize.std", "neighbors.rows", "neighbors.classes"].map(weight);
  return (features) => {
    const x = features.map((value, i) => (value - mean[i]) / std[i]);
    const length = Math.max(Math.hypot(...x), 1e-30);
    const cosine = (row) => x.reduce((sum, value, i) => sum + (value / length) * rows[row * x.length + i], 0);
    const distance = (row) => x.reduce((sum, value, i) => sum + (value / length - rows[row * x.length + i]) ** 2, 0) / 2;
    const ranked = Array.from(classes, (_, row) => [row, cosine(row)]).sort((a, b) => b[1] - a[1]).slice(0, k);
    const shares = new Array(count).fill(0);
    let sum = 0;
    for (const [row] of ranked) {
      const vote = weights === "distance" ? 1 / Math.max(distance(row), 1e-9) : 1;
      shares[classes[row]] += vote;
      sum += vote;
    }
    const scaled = shares.map((share) => ((k * (share / sum) + 1 / count) / (k + 1)) ** (1 / temperature));
    const all = scaled.reduce((a, b) => a + b, 0);
    return scaled.map((value) => value / all);
  };
}

let failed = false;
function say(passed, what) {
  failed ||= !passed;
  console.log(passed ? "pass" : "FAIL", what);
}

function compare(what, ours, theirs, limit) {
  const difference = Math.max(...theirs.map((value, i) => Math.abs(value - ours[i])));
  say(difference <= limit, `${what}: largest difference ${difference.toExponential(1)}, allowed ${limit.toExponential(1)}`);
}

async function check(card, run) {
  const { samples, tolerance } = await json("expected.json");
  const runHead = await head(card.head);
  for (const [name, recorded] of Object.entries(card.files)) {
    const found = createHash("sha256").update(await read(name)).digest("hex");
    if (found !== recorded) say(false, `${name}: its SHA-256 is not the one in card.json`);
  }
  for (const { file, features: row, probabilities } of samples) {
    const results = await run(prepared(await decode(await read(file)), card.preprocessing));
    const largest = Math.max(1, ...row.map(Math.abs));
    compare(`${file}, probabilities`, results.probabilities, probabilities, tolerance.picture);
    compare(`${file}, features`, results.features, row, tolerance.features * largest);
    compare(`${file}, head`, runHead(row), probabilities, tolerance.head);
  }
  console.log(failed ? "Something differs: do not rely on this copy of the model." : "All checks passed.");
  process.exitCode = failed ? 1 : 0;
}

const card = await json("card.json");
const run = await network(card.preprocessing.input_size);
const files = process.argv.slice(2);
if (files.length === 0) await check(card, run);
for (const file of files) {
  const { probabilities } = await run(prepared(await decode(await readFile(file)), card.preprocessing));
  const ranked = card.head.labels.map((label, i) => ({ label, probability: probabilities[i] })).sort((a, b) => b.probability - a.probability);
  console.log(file, ranked.slice(0, 5).map(({ label, probability }) => `${label} ${probability.toFixed(3)}`).join(", "));
}
