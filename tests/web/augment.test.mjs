// Augmentation in the browser: the same views to the bit as natively, a bank that is computed once, and never of an image
// that validates.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { golden } from "./golden.mjs";
import { pattern } from "./pictures.mjs";
import { openPage } from "./site.mjs";

/** The same hash stands in tests/augment.rs. */
const VIEWS = "1caba44c5d11533dfab1952144b9a41c5966f942dcb7dbf285cb67d008c27616";

/** A foreign page with `Trainer` and `all`, 24 files in two classes. @param {import("node:test").TestContext} t */
async function openForeignPage(t) {
  const opened = await openPage(t, { path: "LICENSE-MIT.txt" });
  const pictures = Object.fromEntries(["rings", "stripes"].flatMap((label) =>
    Array.from({ length: 12 }, (_, n) => [`${label}-${n}`, pattern(label, n, 3).toString("base64")])));
  await opened.page.evaluate(async (pictures) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const bytes = (/** @type {string} */ name) => Uint8Array.from(atob(pictures[name]), (char) => char.charCodeAt(0));
    const all = Object.keys(pictures).map((name) => ({ bytes: bytes(name), name, label: name.split("-")[0] }));
    Object.assign(globalThis, { Trainer, all });
  }, pictures);
  return opened;
}

for (const module of ["pool", "pool_relaxed"]) {
  test(`views are the same to the bit as natively, ${module}`, async (t) => {
    const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
    const clouds = (await golden()).find(({ name }) => name === "clouds")?.pixels;
    const views = await page.evaluate(async ({ module, clouds }) => {
      const { default: init, Pool } = await import(new URL(`pkg/${module}.js`, location.href).href);
      await init();
      const pixels = Uint8Array.from(atob(clouds), (char) => char.charCodeAt(0));
      const views = new Pool("efficientnet-lite0").views(pixels, "0123", { translate: 0.05, degrees: 25 }, 7, 0, 4);
      return Array.from(views);
    }, { module, clouds: clouds?.toString("base64") ?? "" });
    assert.equal(createHash("sha256").update(Uint8Array.from(views)).digest("hex"), VIEWS);
    assertQuiet();
  });
}

test("views are computed once, whoever computes them, and kept while their settings stay", async (t) => {
  const { page, assertQuiet } = await openForeignPage(t);
  const runs = await page.evaluate(async () => {
    const { Trainer, all } = globalThis;
    const runs = [];
    for (const workers of [1, 3]) {
      const trainer = await Trainer.create({ device: "cpu", workers });
      await trainer.addImages(all);
      const fit = async (/** @type {object} */ options) => {
        const [told, losses] = [/** @type {number[][]} */ ([]), /** @type {number[]} */ ([])];
        const onViews = (/** @type {number} */ done, /** @type {number} */ total) => told.push([done, total]);
        for await (const { loss, valLoss } of trainer.fit({ epochs: 3, seed: 7, head: "linear", onViews, ...options })) losses.push(loss, valLoss);
        return { told: told.length, last: told.at(-1), losses };
      };
      const augment = { degrees: 30 };
      const [plain, first] = [await fit({}), await fit({ augment, views: 2 })];
      const { train } = await trainer.evaluate();
      const [again, more, other] = [await fit({ augment, views: 2 }), await fit({ augment }), await fit({ augment: { degrees: 3 }, views: 1 })];
      const folds = await trainer.crossValidate({ epochs: 2, folds: 3, augment: { degrees: 3 }, views: 1 });
      runs.push({ plain, train, first, again, more, other, folds: folds.accuracy });
      trainer.free();
    }
    return runs;
  });
  const [one, three] = runs;
  assert.deepEqual(one, three, "a seed gives the same training whatever computes it");
  assert.equal(one.plain.told, 0);
  assert.deepEqual(one.first.last, [one.train, one.train], "training images alone");
  assert.equal(one.again.told, 0, "what is there is not computed again");
  assert.deepEqual(one.again.losses, one.first.losses);
  assert.deepEqual(one.more.last, [one.train, one.train]);
  assert.notDeepEqual(one.first.losses, one.plain.losses);
  assert.notDeepEqual(one.other.losses, one.first.losses);
  assertQuiet();
});

test("a stop on the way keeps what is there, and wrong settings are named", async (t) => {
  const { page, assertQuiet } = await openForeignPage(t);
  const out = await page.evaluate(async () => {
    const { Trainer, all } = globalThis;
    const trainer = await Trainer.create({ device: "cpu", workers: 1 });
    await trainer.addImages(all);
    const stop = new AbortController();
    const onViews = (/** @type {number} */ done) => done === 3 && stop.abort();
    const stopped = await trainer.fit({ epochs: 3, augment: {}, onViews, signal: stop.signal }).next();
    /** @type {number[]} */
    const totals = [];
    for await (const _ of trainer.fit({ epochs: 1, augment: {}, onViews: (/** @type {number} */ _done, /** @type {number} */ total) => totals.push(total) }));
    const { train } = await trainer.evaluate();
    const wrong = [];
    for (const options of [{ augment: { scale: 3 } }, { augment: {}, views: 100 }]) {
      wrong.push(await trainer.fit(options).next().catch((/** @type {any} */ { code, message }) => ({ code, message })));
    }
    wrong.push(await trainer.fitMany([{ augment: {} }, {}]).catch((/** @type {any} */ { code, message }) => ({ code, message })));
    trainer.free();
    return { stopped, left: totals[0], train, wrong };
  });
  assert.deepEqual(out.stopped, { done: true, value: { bestEpoch: 0, stopped: true } });
  assert.ok(out.left < out.train, `${out.left} of ${out.train} were still to be computed`);
  assert.deepEqual(out.wrong.map(({ code }) => code), ["wrong-option", "wrong-option", "wrong-option"]);
  assert.match(out.wrong[0].message, /scale is 3.*0\.05 to 1/);
  assert.match(out.wrong[1].message, /views is 100.*1 to 32/);
  assertQuiet();
});

test("with the backbone in the loop each epoch has new views, by seed", async (t) => {
  const { page, assertQuiet } = await openForeignPage(t);
  const out = await page.evaluate(async () => {
    const { Trainer, all } = globalThis;
    const trainer = await Trainer.create({ device: "cpu", workers: 2 });
    await trainer.addImages(all);
    const losses = async (/** @type {object} */ options) => {
      /** @type {Record<number, number[]>} */
      const runs = { 0: [], 1: [] };
      for await (const event of trainer.lab({ policies: ["stored", "batch"], epochs: 2, batchSize: 8, ...options })) {
        if (event.type === "epoch") runs[event.run].push(event.epoch.loss);
      }
      return runs;
    };
    const result = { plain: await losses({}), augmented: await losses({ augment: {} }), again: await losses({ augment: {} }) };
    trainer.free();
    return result;
  });
  assert.deepEqual(out.augmented, out.again);
  assert.notDeepEqual(out.augmented[1], out.plain[1]);
  assert.deepEqual(out.augmented[0], out.plain[0], "rows that are computed once stay as they are");
  assertQuiet();
});
