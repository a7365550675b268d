// The tiles of WebGPU's matrix products: found once, kept for the adapter, and forced by a flag.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canTest, openPage } from "./site.mjs";

/** In the page: the tiles that a trainer runs on. @param {string} [tiles] */
async function opened(tiles) {
  const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
  const trainer = await Trainer.create({ device: "webgpu", workers: 1, tiles });
  trainer.free();
  return trainer.info.tiles;
}

/** In the page: what is kept, after `change` of it. @param {string} [change] */
async function kept(change) {
  const request = indexedDB.open("headstart-adapters");
  await new Promise((done) => (request.onsuccess = done));
  const store = request.result.transaction("tiles", "readwrite").objectStore("tiles");
  const [keys, values] = [store.getAllKeys(), store.getAll()];
  await new Promise((done) => (values.onsuccess = done));
  if (change) store.put(change, keys.result[0]);
  request.result.close();
  return values.result;
}

test("tiles are found once, kept for the adapter, and can be forced", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const found = await page.evaluate(opened, undefined);
  t.diagnostic(`found: ${found}`);
  assert.ok(["large", "small", "by-size"].includes(found), found);
  assert.deepEqual(await page.evaluate(kept, undefined), [found]);
  const other = found === "small" ? "large" : "small";
  await page.evaluate(kept, other);
  assert.equal(await page.evaluate(opened, undefined), other, "what is kept is taken");
  assert.equal(await page.evaluate(opened, "by-size"), "by-size", "a flag wins");
  assert.deepEqual(await page.evaluate(kept, "nonsense"), [other], "and is not kept");
  await page.evaluate(opened, undefined);
  assert.ok(["large", "small", "by-size"].includes((await page.evaluate(kept, undefined))[0]), "nonsense is found anew");
  assertQuiet();
});
