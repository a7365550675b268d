// Faults of the machine, each made to happen: the work goes on by itself, and the person reads one sentence.
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { copyWithoutWeights } from "./browser.mjs";
import { emptyFolder, pattern } from "./pictures.mjs";
import { canTest, openPage } from "./site.mjs";

/** Scripts on top of the engine's worker. `fault` is a channel by which the page says when. */
const FAULTS = {
  destroy: `
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...options) {
      const device = await requestDevice.apply(this, options);
      new BroadcastChannel("fault").onmessage = () => device.destroy();
      return device;
    };`,
  "destroy at load": `
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...options) {
      const device = await requestDevice.apply(this, options);
      setTimeout(() => device.destroy(), 20);
      return device;
    };`,
  shader: `
    const { createShaderModule } = GPUDevice.prototype;
    let count = 0;
    GPUDevice.prototype.createShaderModule = function (descriptor) {
      return createShaderModule.call(this, count++ < 3 ? descriptor : { ...descriptor, code: "no shader" });
    };`,
  allocation: `
    const { createBuffer } = GPUDevice.prototype;
    let total = 0;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      total += descriptor.size;
      return createBuffer.call(this, total < 20e6 ? descriptor : { ...descriptor, size: 2 ** 42 });
    };`,
};

/** @typedef {"load" | "extraction" | "training" | "prediction"} Stage */

/** Adds, trains and predicts on WebGPU with a fault on the way. @param {import("node:test").TestContext} t @param {keyof typeof FAULTS} fault @param {Stage} [stage] */
async function workWith(t, fault, stage) {
  const folder = await copyWithoutWeights(await emptyFolder(t), "nothing");
  const engine = join(folder, "worker/engine.js");
  const script = await readFile(engine, "utf8");
  await rm(engine); // a link: written through it, dist/ itself would change
  for (const suffix of [".br", ".gz"]) await rm(engine + suffix, { force: true });
  await writeFile(join(folder, "worker/fault.js"), FAULTS[fault]);
  await writeFile(engine, `import "./fault.js";\n${script}`);
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt", folder, forgive: /GPU|panicked|device|shader|buffer|Dawn|WGSL/i });
  const pictures = ["rings", "stripes"].flatMap((label) => [0, 1, 2, 3, 4, 5].map((n) => ({ label, bytes: pattern(label, n).toString("base64") })));
  const out = await page.evaluate(async ({ stage, pictures }) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const channel = new BroadcastChannel("fault");
    let isDone = false;
    const strike = (/** @type {string} */ now) => {
      if (now === stage && !isDone) channel.postMessage("now");
      isDone ||= now === stage;
    };
    /** @type {string[]} */
    const notices = [];
    const trainer = await Trainer.create({ device: "webgpu", workers: 1, onNotice: (/** @type {any} */ { message }) => notices.push(message) });
    const sources = pictures.map(({ label, bytes }, i) => ({ name: `${i}.png`, label, bytes: Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0)) }));
    const { accepted, rejected } = await trainer.addImages(sources, { onImage: () => strike("extraction") });
    const epochs = [];
    for await (const epoch of trainer.fit({ head: "linear", epochs: 20 })) {
      epochs.push(epoch.epoch);
      strike("training");
    }
    const report = await trainer.evaluate();
    strike("prediction");
    const ranked = await trainer.predict(new File([sources[0].bytes], "one.png"));
    await new Promise((resolve) => setTimeout(resolve, 500)); // a device that was destroyed tells it late
    const { device } = trainer.info;
    trainer.free();
    return { device, notices, accepted: accepted.length, rejected, last: epochs.at(-1), images: report.train + report.validation, ranked: ranked.length };
  }, { stage, pictures });
  assert.deepEqual([out.accepted, out.rejected, out.last, out.images, out.ranked], [12, [], 20, 12, 2]);
  assert.equal(out.device, "cpu");
  assert.equal(out.notices.length, 1, out.notices.join("\n"));
  assert.match(out.notices[0], /WebGPU failed.*goes on with the CPU; nothing is lost/);
  assertQuiet();
}

for (const stage of /** @type {Stage[]} */ (["load", "extraction", "training", "prediction"])) {
  test(`a device destroyed at ${stage}: everything is finished on the CPU`, async (t) => {
    if (await canTest(t, "webgpu")) await workWith(t, stage === "load" ? "destroy at load" : "destroy", stage);
  });
}

test("a shader that does not compile: everything is finished on the CPU", async (t) => {
  if (await canTest(t, "webgpu")) await workWith(t, "shader");
});

test("memory that can't be had: everything is finished on the CPU", async (t) => {
  if (await canTest(t, "webgpu")) await workWith(t, "allocation");
});

for (const device of ["cpu", "webgpu"]) {
  test(`an exploding loss ends the run with its epoch and a suggestion, and the head before stays (${device})`, async (t) => {
    if (!(await canTest(t, device))) return;
    const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
    const pictures = ["rings", "stripes"].flatMap((label) => [0, 1, 2, 3].map((n) => ({ label, bytes: pattern(label, n).toString("base64") })));
    const out = await page.evaluate(async ({ device, pictures }) => {
      const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
      const trainer = await Trainer.create({ device, workers: 1 });
      await trainer.addImages(pictures.map(({ label, bytes }, i) => ({ name: `${i}.png`, label, bytes: Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0)) })));
      const fit = async (/** @type {Record<string, unknown>} */ options) => {
        for await (const _ of trainer.fit({ epochs: 3, ...options }));
      };
      const head = async () => [...new Uint8Array(await (await trainer.export("safetensors")).arrayBuffer())].join();
      await fit({});
      const before = await head();
      const error = await fit({ learningRate: 1e30 }).catch(({ code, message }) => ({ code, message }));
      const stays = before === (await head());
      trainer.free();
      return { error, stays };
    }, { device, pictures });
    assert.equal(out.error?.code, "diverged");
    assert.match(out.error?.message, /epoch \d.*learning rate/s);
    assert.ok(out.stays);
    assertQuiet();
  });
}
