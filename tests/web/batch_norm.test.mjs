// Features by statistics of the batch in the browser, against PyTorch's train mode: the pool in both builds, and WebGPU.
// The same statistics folded in give the same features.
import assert from "node:assert/strict";
import { test } from "node:test";
import { golden } from "./golden.mjs";
import { canTest, openPage } from "./site.mjs";

/** @param {import("playwright-core").Page} page @param {string} module @param {string} pictures base64 */
async function byBatch(page, module, pictures) {
  return page.evaluate(async ({ module, pictures }) => {
    const { default: init, Pool, Engine, backboneSpec } = await import(new URL(`pkg/${module}.js`, location.href).href);
    await init();
    const name = "efficientnet-lite0";
    const { file, numFeatures } = backboneSpec(name);
    const weights = new Uint8Array(await (await fetch(`weights/${file}`)).arrayBuffer());
    const pixels = Uint8Array.from(atob(pictures), (char) => char.charCodeAt(0));
    const open = async () => {
      if (Pool) {
        const pool = new Pool(name);
        pool.openLab(weights);
        return pool;
      }
      const engine = await Engine.open("webgpu");
      await engine.loadBackbone(name, weights);
      return engine.openLabOnGpu(weights);
    };
    const lab = await open();
    const flat = await lab.computeForLab(pixels);
    const features = flat.slice(0, 4 * numFeatures);
    const folded = await lab.computeForLab(pixels, flat.slice(features.length));
    const again = await lab.computeForLab(pixels);
    const refused = await (async () => lab.computeForLab(pixels, new Float32Array(6)))().catch((/** @type {any} */ { code }) => code);
    const isSame = again.every((/** @type {number} */ value, /** @type {number} */ i) => value === flat[i]);
    return { features: [...features], folded: [...folded], isSame, refused };
  }, { module, pictures });
}

for (const module of ["pool", "pool_relaxed", "engine"]) {
  test(`features by statistics of the batch equal PyTorch's within 1e-3: ${module}`, async (t) => {
    if (!(await canTest(t, module === "engine" ? "webgpu" : "cpu"))) return;
    const pictures = await golden();
    const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
    const found = await byBatch(page, module, Buffer.concat(pictures.map(({ pixels }) => pixels)).toString("base64"));
    const expected = pictures.flatMap(({ featuresByBatch }) => [...featuresByBatch]);
    for (const rows of [found.features, found.folded]) {
      assert.equal(rows.length, expected.length);
      const worst = rows.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
      t.diagnostic(`largest difference ${worst.toExponential(2)}`);
      assert.ok(worst <= 1e-3, `largest difference ${worst}`);
    }
    assert.ok(found.isSame, "a batch gives the same bits each time");
    assert.equal(found.refused, "wrong-statistics");
    assertQuiet();
  });
}
