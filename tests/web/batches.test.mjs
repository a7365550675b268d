// Pictures on their way to WebGPU: in batches of whatever waits, two at a time, in order; and within the memory promised.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Batches } from "../../www/worker/batches.js";
import { golden } from "./golden.mjs";
import { canTest, openPage } from "./site.mjs";

const MOST_GPU_BYTES = 256 * 2 ** 20;

/** Batches of up to four pictures of one byte; each of `calls` ends when the test says so. */
function gathered() {
  /** @type {{pixels: number[], end: (rows?: Float32Array) => void, fail: (error: Error) => void}[]} */
  const calls = [];
  const batches = new Batches((pixels) => new Promise((end, fail) => calls.push({ pixels: [...pixels], end, fail })));
  batches.mostImages = 4;
  const add = (/** @type {number} */ picture) => batches.add(Uint8Array.of(picture)).then((row) => row && [...row]);
  return { calls, add };
}

const later = () => new Promise((resolve) => setTimeout(resolve));

test("nobody waits for a full batch, and two are under way", async () => {
  const { calls, add } = gathered();
  const rows = Promise.all([1, 2, 3, 4, 5, 6, 7].map(add));
  assert.deepEqual(calls.map(({ pixels }) => pixels), [[1], [2]], "the first two go at once");
  calls[1].end(Float32Array.of(2, 20));
  await later();
  assert.deepEqual(calls[2].pixels, [3, 4, 5, 6], "then as many as fit");
  calls[2].end(Float32Array.of(3, 30, 4, 40, 5, 50, 6, 60));
  await later();
  assert.deepEqual(calls[3].pixels, [7]);
  calls[3].end(Float32Array.of(7, 70));
  calls[0].end(Float32Array.of(1, 10));
  assert.deepEqual(await rows, [1, 2, 3, 4, 5, 6, 7].map((picture) => [picture, 10 * picture]), "each gets its own row");
});

test("a batch that fails tells each of its pictures, and the next one starts", async () => {
  const { calls, add } = gathered();
  const ends = Promise.allSettled([1, 2, 3, 4, 5].map(add));
  calls[0].end(undefined);
  await later();
  assert.deepEqual(calls[2].pixels, [3, 4, 5]);
  calls[2].fail(new Error("lost"));
  calls[1].end(Float32Array.of(2));
  const [first, second, ...others] = await ends;
  assert.deepEqual(first, { status: "fulfilled", value: undefined }, "the CPU's turn");
  assert.deepEqual(second, { status: "fulfilled", value: [2] });
  assert.deepEqual(others.map((one) => one.status === "rejected" && one.reason.message), ["lost", "lost", "lost"]);
  const last = add(6);
  calls[3].end(Float32Array.of(6));
  assert.deepEqual(await last, [6]);
});

test("two full batches under way stay within 256 MiB of the GPU", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const pictures = await golden();
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const { most, bytes, rows } = await page.evaluate(async (pictures) => {
    let [alive, bytes] = [0, 0];
    const { createBuffer } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      const buffer = createBuffer.call(this, descriptor);
      bytes = Math.max(bytes, (alive += descriptor.size));
      const { destroy } = buffer;
      buffer.destroy = () => {
        alive -= descriptor.size;
        return destroy.call(buffer);
      };
      return buffer;
    };
    const { default: init, Engine, backboneSpec } = await import(new URL("pkg/engine.js", location.href).href);
    await init();
    const engine = await Engine.open("webgpu");
    const name = "efficientnet-lite0";
    const file = await fetch(`weights/${backboneSpec(name).file}`);
    await engine.loadBackbone(name, new Uint8Array(await file.arrayBuffer()));
    const most = engine.mostImages();
    const decoded = pictures.map((text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
    const batch = async (/** @type {number} */ from) => {
      const images = Array.from({ length: most }, (_, i) => decoded[(from + i) % decoded.length]);
      return [...(await engine.featuresOfBatch(new Uint8Array(await new Blob(images).arrayBuffer())))];
    };
    const [first, second] = await Promise.all([batch(0), batch(most)]);
    return { most, bytes, rows: [...first, ...second] };
  }, pictures.map(({ pixels }) => pixels.toString("base64")));
  t.diagnostic(`${most} images a batch, ${Math.round(bytes / 2 ** 20)} MiB`);
  assert.ok(bytes > 2 ** 20 && bytes <= MOST_GPU_BYTES, `${bytes} bytes`);
  assert.ok(most > 1);
  const width = pictures[0].features.length;
  const worst = Math.max(...rows.map((value, i) => Math.abs(value - pictures[Math.floor(i / width) % pictures.length].features[i % width])));
  assert.ok(worst <= 1e-4, `largest difference ${worst}`);
  assertQuiet();
});
