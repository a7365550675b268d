// Features in the browser against PyTorch: both wasm modules, the pool in both builds. An image's row does not depend on
// what came before it, nor on what is in its batch.
import assert from "node:assert/strict";
import { test } from "node:test";
import { golden } from "./golden.mjs";
import { canTest, openPage } from "./site.mjs";

/** The order in which the pictures are computed: each alone at first, then among others. */
const ORDER = [0, 1, 2, 3, 3, 0, 2, 1];

/** @param {import("playwright-core").Page} page @param {string} module @param {string[]} pictures base64 @param {number[]} order */
async function features(page, module, pictures, order) {
  const rows = await page.evaluate(async ({ module, pictures, order }) => {
    const load = async (/** @type {string} */ url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
    const decode = (/** @type {string} */ text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    const { default: init, Pool, Engine, backboneSpec } = await import(new URL(`pkg/${module}.js`, location.href).href);
    await init();
    const name = "efficientnet-lite0";
    const weights = await load(`weights/${backboneSpec(name).file}`);
    const runner = Pool ? new Pool(name) : await Engine.open("webgpu");
    await (Pool ? runner.loadBackbone(weights) : runner.loadBackbone(name, weights));
    const rows = [];
    for (const at of order) rows.push([...(await runner.features(decode(pictures[at])))]);
    if (Pool) return rows;
    const batch = await runner.featuresOfBatch(new Uint8Array(await new Blob(order.map((at) => decode(pictures[at]))).arrayBuffer()));
    const width = batch.length / order.length;
    return [...rows, ...order.map((_, i) => [...batch.subarray(i * width, (i + 1) * width)])];
  }, { module, pictures, order });
  return rows.map((row) => Float32Array.from(row));
}

for (const module of ["pool", "pool_relaxed", "engine"]) {
  test(`features equal PyTorch's within 1e-4: ${module}`, async (t) => {
    if (!(await canTest(t, module === "engine" ? "webgpu" : "cpu"))) return;
    const pictures = await golden();
    const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
    const rows = await features(page, module, pictures.map(({ pixels }) => pixels.toString("base64")), ORDER);
    const order = module === "engine" ? [...ORDER, ...ORDER] : ORDER; // each alone, then all in a batch
    let worst = 0;
    rows.forEach((row, n) => {
      const expected = pictures[order[n]].features;
      assert.equal(row.length, expected.length);
      row.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - expected[i]))));
      assert.deepEqual(row, rows[order[n]], `${pictures[order[n]].name} differs when it comes after other images, or with them`);
    });
    t.diagnostic(`largest difference ${worst.toExponential(2)}`);
    assert.ok(worst <= 1e-4, `largest difference ${worst}`);
    assertQuiet();
  });
}
