// Each GPU kernel against its plain twin on odd sizes (1, 3, 7, 65; channels that fill no vector), in a batch and alone,
// on both tiles. There is no adapter natively, so this runs in the browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { golden } from "./golden.mjs";
import { canTest, openPage } from "./site.mjs";

/** In the page: an adapter that says it has these limits. @param {Record<string, number>} limits */
function pretend(limits) {
  for (const [name, value] of Object.entries(limits)) Object.defineProperty(GPUSupportedLimits.prototype, name, { get: () => value });
}

test("kernels equal their plain twins on odd sizes", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const outcomes = await page.evaluate(async () => {
    const { default: init, Engine } = await import(new URL("pkg/engine.js", location.href).href);
    await init();
    return (await Engine.open("webgpu")).checkKernels();
  });
  assert.ok(outcomes.length >= 13 * 16, `${outcomes.length} checks`);
  const worst = Math.max(...outcomes.map((/** @type {any} */ one) => one.difference));
  t.diagnostic(`${outcomes.length} checks, largest difference ${worst.toExponential(2)}`);
  assert.deepEqual(outcomes.filter((/** @type {any} */ one) => !(one.difference <= 1e-5 && one.sameBits)), []);
  assertQuiet();
});

test("training equals the CPU's, for each optimiser and on odd sizes", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const outcomes = await page.evaluate(async () => {
    const { default: init, Engine } = await import(new URL("pkg/engine.js", location.href).href);
    await init();
    return (await Engine.open("webgpu")).checkTraining();
  });
  assert.equal(outcomes.length, 15);
  for (const one of outcomes) t.diagnostic(`${one.name}: ${one.difference.toExponential(2)}`);
  assert.deepEqual(outcomes.filter((/** @type {any} */ one) => !(one.difference <= 1e-3 && one.sameBits)), []);
  assertQuiet();
});

test("an adapter with small buffers splits a batch, and the features stay", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const pictures = await golden();
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  // Room for the largest value of one picture (112 × 112 × 96), not of two.
  await page.evaluate(pretend, { maxBufferSize: 8 << 20, maxStorageBufferBindingSize: 8 << 20 });
  const rows = await page.evaluate(async (pictures) => {
    const bytes = async (/** @type {string} */ url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
    const { default: init, Engine, backboneSpec } = await import(new URL("pkg/engine.js", location.href).href);
    await init();
    const engine = await Engine.open("webgpu");
    const name = "efficientnet-lite0";
    await engine.loadBackbone(name, await bytes(`weights/${backboneSpec(name).file}`));
    const pixels = pictures.flatMap((text) => [...atob(text)].map((char) => char.charCodeAt(0)));
    return [...(await engine.featuresOfBatch(Uint8Array.from(pixels)))];
  }, pictures.map(({ pixels }) => pixels.toString("base64")));
  const expected = pictures.flatMap(({ features }) => [...features]);
  assert.equal(rows.length, expected.length);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - rows[i])));
  assert.ok(worst <= 1e-4, `largest difference ${worst}`);
  assertQuiet();
});

test("an adapter that binds too few buffers is refused by name", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const { page } = await openPage(t, { path: "LICENSE-MIT.txt" });
  await page.evaluate(pretend, { maxStorageBuffersPerShaderStage: 4 });
  const error = await page.evaluate(async () => {
    const { default: init, Engine } = await import(new URL("pkg/engine.js", location.href).href);
    await init();
    return Engine.open("webgpu").then(() => undefined, (/** @type {any} */ error) => ({ code: error.code, message: error.message }));
  });
  assert.equal(error?.code, "no-device");
  assert.match(error?.message ?? "", /binds fewer than 6 buffers.*CPU/);
});
