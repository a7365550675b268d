// Machines that offer less, each forced here: features still equal PyTorch's, or the CPU takes over and says so.
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { copyWithoutWeights } from "./browser.mjs";
import { golden } from "./golden.mjs";
import { emptyFolder, pattern } from "./pictures.mjs";
import { canTest, openPage } from "./site.mjs";

/** Scripts that take something away, for a page or at the top of a worker. What is asked for all the same goes into
 * `globalThis.asked`: an exception inside wasm would leave a promise open instead. */
const LESS = {
  "no subgroups, no f16, nothing but timestamp-query": `
    const FEW = ["core-features-and-limits", "timestamp-query"];
    GPUSupportedFeatures.prototype.has = (name) => FEW.includes(name);
    GPUSupportedFeatures.prototype[Symbol.iterator] = () => FEW[Symbol.iterator]();
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = function (descriptor) {
      asked.push(...[...(descriptor?.requiredFeatures ?? [])].filter((name) => !FEW.includes(name)));
      return requestDevice.call(this, descriptor);
    };`,
  "workgroups of 128, 16 KiB and 4,096 of them": `
    const limits = { maxComputeInvocationsPerWorkgroup: 128, maxComputeWorkgroupSizeX: 128, maxComputeWorkgroupSizeY: 128,
      maxComputeWorkgroupStorageSize: 16384, maxComputeWorkgroupsPerDimension: 4096 };
    for (const [name, value] of Object.entries(limits)) Object.defineProperty(GPUSupportedLimits.prototype, name, { get: () => value });
    const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
    GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...counts) {
      if (Math.max(...counts) > 4096) asked.push("workgroups: " + counts);
      return dispatchWorkgroups.apply(this, counts);
    };`,
  "buffers of 8 MiB": `
    for (const name of ["maxBufferSize", "maxStorageBufferBindingSize"]) Object.defineProperty(GPUSupportedLimits.prototype, name, { get: () => 8 << 20 });
    const { createBuffer } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      if (descriptor.size > 8 << 20) asked.push("buffer: " + descriptor.size);
      return createBuffer.call(this, descriptor);
    };`,
  "no timestamp-query": `
    GPUSupportedFeatures.prototype.has = (name) => name === "core-features-and-limits";`,
  "four storage buffers": `
    Object.defineProperty(GPUSupportedLimits.prototype, "maxStorageBuffersPerShaderStage", { get: () => 4 });`,
  "a driver that refuses": `
    GPUAdapter.prototype.requestDevice = () => Promise.reject(new DOMException("out of memory", "OperationError"));`,
  "no relaxed-simd": `
    WebAssembly.validate = () => false;`,
  "one core": `
    Object.defineProperty(WorkerNavigator.prototype, "hardwareConcurrency", { get: () => 1 });`,
};

for (const name of /** @type {(keyof typeof LESS)[]} */ (Object.keys(LESS).slice(0, 3))) {
  test(`features equal PyTorch's on an adapter with ${name}`, async (t) => {
    if (!(await canTest(t, "webgpu"))) return;
    const pictures = await golden();
    const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
    await page.evaluate(`globalThis.asked = []; ${LESS[name]}`);
    const rows = await page.evaluate(async (pictures) => {
      const { default: init, Engine, backboneSpec } = await import(new URL("pkg/engine.js", location.href).href);
      await init();
      const engine = await Engine.open("webgpu");
      const backbone = "efficientnet-lite0";
      await engine.warmUp(backbone, undefined);
      const file = await fetch(`weights/${backboneSpec(backbone).file}`);
      await engine.loadBackbone(backbone, new Uint8Array(await file.arrayBuffer()));
      const pixels = pictures.flatMap((text) => [...atob(text)].map((char) => char.charCodeAt(0)));
      return [...(await engine.featuresOfBatch(Uint8Array.from(pixels)))];
    }, pictures.map(({ pixels }) => pixels.toString("base64")));
    const expected = pictures.flatMap(({ features }) => [...features]);
    assert.equal(rows.length, expected.length);
    const worst = Math.max(...expected.map((value, i) => Math.abs(value - rows[i])));
    t.diagnostic(`largest difference ${worst.toExponential(2)}`);
    assert.deepEqual(await page.evaluate("asked"), []);
    assert.ok(worst <= 1e-4, `largest difference ${worst}`);
    assertQuiet();
  });
}

/** What a trainer says of itself and does, in a dist/ whose workers begin with a script.
 * @param {import("node:test").TestContext} t @param {keyof typeof LESS} less @param {"cpu" | "webgpu"} device
 */
async function trainWith(t, less, device) {
  const folder = await copyWithoutWeights(await emptyFolder(t), "nothing");
  const worker = (/** @type {string} */ name) => join(folder, "worker", name);
  await writeFile(worker("less.js"), LESS[less]);
  for (const name of ["engine.js", "pool.js", "heads.js"]) {
    const script = await readFile(worker(name), "utf8");
    await rm(worker(name)); // a link: written through it, dist/ itself would change
    await writeFile(worker(name), `import "./less.js";\n${script}`);
  }
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt", folder, forgive: /GPU|panicked/i });
  const pictures = ["rings", "stripes"].flatMap((label) => [0, 1, 2, 3].map((n) => ({ label, bytes: pattern(label, n).toString("base64") })));
  const out = await page.evaluate(async ({ device, pictures }) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    /** @type {string[]} */
    const notices = [];
    const trainer = await Trainer.create({ device, onNotice: (/** @type {any} */ { message }) => notices.push(message) });
    const sources = pictures.map(({ label, bytes }, i) => ({ name: `${i}.png`, label, bytes: Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0)) }));
    const { accepted, rejected } = await trainer.addImages(sources);
    const epochs = [];
    for await (const epoch of trainer.fit({ head: "linear", epochs: 3 })) epochs.push(epoch);
    const { folds } = await trainer.crossValidate({ folds: 2, head: "linear", epochs: 1 });
    trainer.free();
    return { info: trainer.info, notices, accepted: accepted.length, rejected, epochs: epochs.length, folds: folds.length };
  }, { device, pictures });
  assert.deepEqual([out.accepted, out.rejected, out.epochs, out.folds], [8, [], 3, 2]);
  assertQuiet();
  return out;
}

for (const less of /** @type {const} */ (["four storage buffers", "a driver that refuses"])) {
  test(`${less}: the CPU takes over and says so`, async (t) => {
    if (!(await canTest(t, "webgpu"))) return;
    const { info, notices } = await trainWith(t, less, "webgpu");
    assert.equal(info.device, "cpu");
    assert.match(info.reason, /CPU, because WebGPU failed/);
    assert.equal(notices.length, 1);
    assert.match(notices[0], /goes on with the CPU/);
  });
}

test("no timestamp-query: the CPU is used, with a sentence", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const { info, notices } = await trainWith(t, "no timestamp-query", "webgpu");
  assert.match(info.reason, /CPU, because.*timestamp-query/);
  assert.match(notices.join(), /You asked for WebGPU/);
});

test("no relaxed-simd: the other build of the pool runs", async (t) => {
  const { info } = await trainWith(t, "no relaxed-simd", "cpu");
  assert.equal(info.simd, "simd128");
});

test("one core: one worker does everything", async (t) => {
  const { info } = await trainWith(t, "one core", "cpu");
  assert.equal(info.workers, 1);
});
