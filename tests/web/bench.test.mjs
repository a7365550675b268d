// Each bench runs once, as small as it gets: it works and prints its lines. How fast is not asked here.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DATA, emptyFolder, pictureFolder } from "./pictures.mjs";
import { canTest } from "./site.mjs";

const run = promisify(execFile);

/** The JSON objects that a bench prints. @param {string} bench @param {string[]} options */
async function lines(bench, options) {
  const path = fileURLToPath(new URL(`../../bench/${bench}.mjs`, import.meta.url));
  const { stdout } = await run(process.execPath, [path, ...options], { maxBuffer: 1 << 26 });
  return stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

test("bench/features.mjs", async () => {
  for (const build of ["relaxed-simd", "simd128"]) {
    const [line] = await lines("features", ["--build", build, "--batches", "1", "--seconds", "0"]);
    assert.equal(line.what, "features");
    assert.ok(line.ms_per_image > 0 && line.agrees, JSON.stringify(line));
  }
});

test("bench/kernels.mjs: every step of the backbone", async () => {
  const steps = await lines("kernels", ["--seconds", "0", "--json"]);
  assert.equal(steps.length, 34);
  const flops = steps.reduce((sum, step) => sum + step.flops, 0);
  assert.ok(flops > 760e6 && flops < 800e6, `${flops} FLOP`); // the paper: 0.39 billion multiplications and additions
  assert.ok(steps.every((step) => step.ms >= 0 && step.peak_gflops > 0), JSON.stringify(steps));
});

test("bench/head.mjs", async () => {
  const [line] = await lines("head", ["--epochs", "4", "--rows", "128"]);
  assert.equal(line.what, "train");
  assert.ok(line.ms_per_step > 0 && line.learns, JSON.stringify(line));
});

test("bench/head.mjs on WebGPU", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const [line] = await lines("head", ["--device", "webgpu", "--epochs", "3", "--rows", "16", "--batch", "8"]);
  assert.equal(line.who, "ours-webgpu");
  assert.ok(line.ms_per_step > 0, JSON.stringify(line));
});

test("bench/many_photos.mjs", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async () => {
  const photo = join(DATA ?? "", "caltech7", "bonsai");
  const [first] = (await readdir(photo)).sort();
  const found = await lines("many_photos", [join(photo, first), "--photos", "4", "--every", "2"]);
  assert.ok(found.length > 0 && found.every((line) => JSON.stringify(line).includes("mb")), JSON.stringify(found));
});

test("bench/workers.mjs", async () => {
  const [line] = await lines("workers", ["--images", "2", "--rounds", "1"]);
  assert.ok(line.speedup > 0, JSON.stringify(line));
});

test("bench/sizes.mjs: what a visitor without WebGPU downloads stays small", async () => {
  const [images, all] = await lines("sizes", []);
  assert.equal(images.until, "images");
  assert.ok(all.brotli > 0 && all.brotli < 1_000_000, `${all.brotli} bytes`);
});

test("bench/growth.mjs measures and draws", async (t) => {
  const svg = join(await emptyFolder(t), "growth.svg");
  const points = await lines("growth", ["--images", "8,16", "--classes", "2,4", "--epochs", "1", "--svg", svg]);
  assert.deepEqual(points.map((point) => [point.images, point.classes]), [[8, 2], [16, 2], [16, 2], [16, 4]]);
  for (const point of points) assert.ok(point.feature_seconds > 0 && point.train_seconds > 0, JSON.stringify(point));
  assert.match(await readFile(svg, "utf8"), /^<svg [\s\S]*circle[\s\S]*<\/svg>\n$/);
});

test("bench/page.mjs prints the whole run as JSON", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 4 });
  const run = (await lines("page", [folder, "--device", "cpu", "--epochs", "2", "--json"])).at(-1);
  const keys = ["images", "rejected", "classes", "backbone", "device", "policy", "train", "validation", "featureSeconds", "msPerImage",
    "trainSeconds", "totalSeconds", "epochs", "accuracy", "valAccuracy", "confusion", "peakMemoryBytes"];
  assert.deepEqual(keys.filter((key) => !(key in run)), []);
  assert.equal(run.images, 8);
});
