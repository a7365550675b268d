// The API by itself, on a page that is not headstart's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pattern } from "./pictures.mjs";
import { openPage } from "./site.mjs";

/** A foreign page with `Trainer`, and `picture(label, n)` for a file. @param {import("node:test").TestContext} t */
async function openForeignPage(t) {
  const opened = await openPage(t, { path: "LICENSE-MIT.txt" });
  const pictures = Object.fromEntries(["rings", "stripes"].flatMap((label) =>
    Array.from({ length: 12 }, (_, n) => [`${label}-${n}`, pattern(label, n, 3).toString("base64")])));
  await opened.page.evaluate(async (pictures) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const bytes = (/** @type {string} */ name) => Uint8Array.from(atob(pictures[name]), (char) => char.charCodeAt(0));
    const picture = (/** @type {string} */ label, /** @type {number} */ n) =>
      ({ file: new File([bytes(`${label}-${n}`)], `${label}-${n}.png`), label });
    const all = Object.keys(pictures).map((name) => ({ bytes: bytes(name), name, label: name.split("-")[0] }));
    Object.assign(globalThis, { Trainer, picture, all });
  }, pictures);
  return opened;
}

test("the example of the documentation runs", async (t) => {
  const { page, assertQuiet } = await openForeignPage(t);
  const out = await page.evaluate(async () => {
    const { Trainer, picture, all } = globalThis;
    /** @type {any[]} */
    const [weights, progress, images, epochs] = [[], [], [], []];
    const trainer = await Trainer.create({ device: "cpu", onProgress: (/** @type {any} */ p) => weights.push(p) });
    const { accepted, rejected } = await trainer.addImages(all, {
      onProgress: (/** @type {any} */ p) => progress.push(p),
      onImage: (/** @type {any} */ image) => images.push(image.id),
    });
    for await (const epoch of trainer.fit({ head: "linear", epochs: 5, seed: 1 })) epochs.push(epoch);
    const report = await trainer.evaluate();
    const ranked = await trainer.predict(picture("rings", 3).file);
    const blob = await trainer.export("safetensors");
    const summary = await trainer.summary({ head: "linear", numClasses: 2 });
    const thumbnail = await createImageBitmap(accepted[0].thumbnail);
    const size = [thumbnail.width, thumbnail.height];
    trainer.free();
    const after = await trainer.checks().catch((/** @type {any} */ error) => error.code);
    const names = accepted.map((/** @type {any} */ image) => image.name);
    return { info: trainer.info, weights, progress, images, names, rejected, epochs, report, ranked, bytes: blob.size, summary, size, after };
  });
  assert.equal(out.info.device, "cpu");
  assert.match(out.info.simd, /^(relaxed-simd|simd128)$/);
  assert.deepEqual(out.weights.at(-1).loaded, out.weights.at(-1).total);
  assert.equal(out.names.length, 24);
  assert.deepEqual(out.names.slice(0, 3), ["rings-0", "rings-1", "rings-2"], "images come in the order given");
  assert.deepEqual(out.rejected, []);
  assert.equal(out.images.length, 24);
  const { done, total, accepted, secondsLeft } = out.progress.at(-1);
  assert.deepEqual([done, total, accepted, secondsLeft], [24, 24, 24, 0]);
  assert.deepEqual(out.epochs.map((e) => e.epoch), [1, 2, 3, 4, 5]);
  for (const key of ["loss", "accuracy", "valLoss", "valAccuracy", "learningRate", "seconds"]) assert.equal(typeof out.epochs[0][key], "number", key);
  assert.deepEqual(out.report.labels, ["rings", "stripes"]);
  assert.equal(out.report.train + out.report.validation, 24);
  assert.equal(out.ranked[0].label, "rings");
  assert.ok(Math.abs(out.ranked[0].probability + out.ranked[1].probability - 1) < 1e-4);
  assert.ok(out.bytes > 1280 * 2 * 4);
  assert.equal(out.summary.trainable + out.summary.nonTrainable, out.summary.total);
  assert.deepEqual(out.size, [112, 112]);
  assert.equal(out.after, "closed");
  assertQuiet();
});

test("a seed gives the same training every time", async (t) => {
  const { page, assertQuiet } = await openForeignPage(t);
  const [first, second] = await page.evaluate(async () => {
    const runs = [];
    for (const workers of [1, 3]) {
      const trainer = await globalThis.Trainer.create({ device: "cpu", workers });
      await trainer.addImages(globalThis.all);
      const losses = [];
      for await (const { loss, valLoss } of trainer.fit({ epochs: 3, seed: 7 })) losses.push(loss, valLoss);
      runs.push(losses);
      trainer.free();
    }
    return runs;
  });
  assert.deepEqual(first, second);
  assertQuiet();
});

test("signals end adding and training, and the trainer goes on", async (t) => {
  const { page, assertQuiet } = await openForeignPage(t);
  const out = await page.evaluate(async () => {
    const { Trainer, picture, all } = globalThis;
    const trainer = await Trainer.create({ device: "cpu", workers: 1 });
    const adding = new AbortController();
    let told = 0;
    const aborted = await trainer.addImages(all, { signal: adding.signal, onImage: () => ++told === 2 && adding.abort() })
      .catch((/** @type {any} */ error) => error.name);
    const rest = await trainer.addImages(all);
    const training = new AbortController();
    const epochs = [];
    for await (const { epoch } of trainer.fit({ epochs: 1000, signal: training.signal })) {
      epochs.push(epoch);
      if (epoch === 3) {
        trainer.pause();
        setTimeout(() => training.abort(), 100);
      }
    }
    for await (const { epoch } of trainer.fit({ epochs: 1000 })) if (epoch === 2) break;
    const running = trainer.fit({ epochs: 1000 });
    await running.next();
    const busy = await trainer.evaluate().catch((/** @type {any} */ error) => error.code);
    await running.return();
    const bad = await trainer.predict(new File([], "empty.jpg")).catch((/** @type {any} */ { code, message, file }) => ({ code, message, file }));
    const report = await trainer.evaluate();
    await trainer.removeImages([rest.accepted[0].id]);
    await trainer.renameClass("stripes", "lines");
    const [{ id }] = (await trainer.addImages([picture("rings", 0).file], { label: "lines" })).accepted;
    const checks = await trainer.checks();
    return { aborted, told, epochs, busy, bad, report: report.train, rejected: rest.rejected, accepted: rest.accepted.length, id, checks };
  });
  assert.equal(out.aborted, "AbortError");
  assert.equal(out.accepted, 24 - out.told);
  assert.ok(out.rejected.every((row) => row.code === "duplicate"));
  assert.ok(out.epochs.length >= 3 && out.epochs.length < 1000, `${out.epochs.length} epochs`);
  assert.equal(out.busy, "busy");
  assert.deepEqual([out.bad.code, out.bad.file], ["empty-file", "empty.jpg"]);
  assert.match(out.bad.message, /empty\.jpg/);
  assert.ok(out.report > 0);
  assert.ok(out.id > 0);
  assertQuiet();
});

test("wrong requests are refused with a code", async (t) => {
  const { page } = await openForeignPage(t);
  const codes = await page.evaluate(async () => {
    const { Trainer, picture } = globalThis;
    const code = (/** @type {any} */ error) => error.code;
    const unknown = await Trainer.create({ backbone: "nonesuch", device: "cpu" }).catch(code);
    const missing = await Trainer.create({ device: "cpu", weightsUrl: "weights/none.safetensors" }).catch(code);
    const trainer = await Trainer.create({ device: "cpu" });
    const untrained = await trainer.predict(picture("rings", 1).file).catch(code);
    const { rejected } = await trainer.addImages([picture("rings", 1).file]);
    await trainer.addImages([picture("rings", 1)]);
    const alone = await trainer.fit().next().catch(code);
    return { unknown, missing, untrained, classless: rejected[0].code, alone };
  });
  assert.deepEqual(codes, { unknown: "unknown-backbone", missing: "weights-missing", untrained: "no-model", classless: "no-class", alone: "too-few-classes" });
});

/** 280 × 260, a disc, from Pillow 13. */
const AVIF = [
  "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAOcGl0bQAAAAAA",
  "AQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAACRQAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAA",
  "FGlzcGUAAAAAAAABGAAAAQQAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAC",
  "TW1kYXQSAAoKGCIi8DaICGg0IDK0BEyseHheHs/KKQfy4P5MOdxso1CaXZ4C+0WSkVwIc0cDpEexUTUPLtzlp7AmXVNY3YTEmSeVENLEuW6zzMpR9/7rWXFw",
  "pOmQ//1x1BRU0q0CeJIikll2dgurgflum8vALwgSdbRwMVPBlisS14AzwQ8K9uIPnED//xUA+hrCPj0SyVSQ4M/g7A+b7RPO74TCCPDZXb3Kqvf22UslWJ9Z",
  "9lSnMKDYF9V4UK9xQpyxO5jQElehoHyxP4B01LDRT+I/trHixhLBbP6XrEsMkM30SuvforbR+4Bcld5K9OMTraB+NseiPiBiUw8Rze9MqHSit8b2N8itRdwD",
  "s86644+ITcc7PNjKjKNyOPO1OF3XosKSh4YZZTKdhmIgXmck6XHzRojyrCs+eb+4Kn0nr+MCWO9+/SFOwioRCBW+VcY2dJ+xkB0FpOEE54Y+2yPuw5Vnj+3n",
  "N8ph6SSttKNCf8pa9/pw9AIPaLYjdWMdpRxooXvtTrTyDAsvVhZjaCrIlv/p5NQM5Ck9n/BVZK0YieUVzxzOmUfLy3wQ56ovUTCE2EMs7dEeAgf3qpwAR0Z6",
  "I773tkDVqK5a/Pf6lR37r5VtXIuMdMPKeBfBnXUZfCx26A2ly630tCHjhhdDrwKwkgcvWhLRIN3L2Imjqk2/Cna/5verU4Tco0JGCaVeHyQwIcPMSg+Q/QdW",
  "clDOWuk5i41RVgt///rlf91GQIxNpL5GpVYdwlN2SQwtWAaHygf+yrOVwZOUsA==",
].join("");

test("a format that only the browser decodes is taken, and says so", async (t) => {
  const { page, assertQuiet } = await openForeignPage(t);
  const out = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const trainer = await globalThis.Trainer.create({ device: "cpu", workers: 1 });
    const files = [new File([bytes], "disc.avif"), new File([bytes.slice(0, 300)], "cut.avif"), new File([bytes], "again.avif")];
    const { accepted, rejected } = await trainer.addImages([...files, globalThis.picture("rings", 1)], { label: "discs" });
    return { accepted, rejected };
  }, AVIF);
  const told = out.accepted.map(({ name, width, height, unusualDecoder }) => [name, width, height, unusualDecoder]);
  assert.deepEqual(told, [["disc.avif", 280, 260, true], ["rings-1.png", 280, 260, undefined]]);
  assert.deepEqual(out.rejected.map(({ name, code }) => [name, code]), [["cut.avif", "unsupported-format"], ["again.avif", "duplicate"]]);
  assertQuiet();
});

test("cross-validation validates each image once, with any number of workers", async (t) => {
  const { page, assertQuiet } = await openForeignPage(t);
  const out = await page.evaluate(async () => {
    const { Trainer, all } = globalThis;
    const results = [];
    for (const workers of [1, 2]) {
      const trainer = await Trainer.create({ device: "cpu", workers });
      await trainer.addImages(all);
      const alike = await trainer.groups();
      /** @type {number[]} */
      const told = [];
      const options = { head: "linear", epochs: 4, seed: 3, folds: 4, onFold: (/** @type {any} */ _, /** @type {number} */ fold) => told.push(fold) };
      const result = await trainer.crossValidate(options);
      const own = await trainer.evaluate().catch((/** @type {any} */ error) => error.code);
      const tooMany = await trainer.crossValidate({ folds: 25 }).catch((/** @type {any} */ error) => [error.code, error.message]);
      trainer.free();
      for (const { epochs } of result.folds) for (const epoch of epochs) delete epoch.seconds;
      results.push({ result, told, own, tooMany, alike });
    }
    return results;
  });
  const [{ result, own, tooMany, alike }, two] = out;
  assert.deepEqual(alike, [], "each picture may be in any fold");
  assert.deepEqual(result, two.result, "the number of workers changes nothing");
  for (const { told } of out) assert.deepEqual(told.sort(), [0, 1, 2, 3]);
  assert.deepEqual(result.folds.map((run) => [run.options.fold.number, run.train, run.validation]), [0, 1, 2, 3].map((n) => [n, 18, 6]));
  assert.deepEqual(result.confusion.map((row) => row[0] + row[1]), [12, 12], "each image once");
  assert.equal(result.accuracy, (result.confusion[0][0] + result.confusion[1][1]) / 24);
  assert.ok(result.interval[0] <= result.accuracy && result.accuracy <= result.interval[1]);
  assert.deepEqual(result.labels, ["rings", "stripes"]);
  assert.equal(own, "no-model", "the trainer's own head is another");
  assert.equal(tooMany[0], "wrong-folds");
  assert.match(tooMany[1], /24 images.*25 folds/);
  assertQuiet();
});

test("many heads at once are those that fit makes one after the other, and can be stopped", async (t) => {
  const { page, assertQuiet } = await openForeignPage(t);
  const { runs, alone, stopped, after } = await page.evaluate(async () => {
    const { Trainer, all } = globalThis;
    const trainer = await Trainer.create({ device: "cpu", workers: 2 });
    await trainer.addImages(all);
    const options = [{ seed: 1 }, { seed: 2 }, { seed: 1, head: "linear" }].map((one) => ({ epochs: 3, ...one }));
    const runs = await trainer.fitMany(options);
    const alone = [];
    for (const one of options) {
      /** @type {any[]} */
      const epochs = [];
      for await (const epoch of trainer.fit(one)) epochs.push(epoch);
      const { images, perClass, trainIds, ...report } = await trainer.evaluate();
      alone.push({ epochs, ...report });
    }
    const stop = new AbortController();
    const stopping = trainer.fitMany([{ epochs: 1 }, { epochs: 1e6 }], { signal: stop.signal, onRun: () => stop.abort() });
    const stopped = await stopping.catch((/** @type {any} */ error) => error.name);
    const after = (await trainer.fitMany([{ epochs: 1 }])).length;
    trainer.free();
    for (const { epochs } of [...runs, ...alone]) for (const epoch of epochs) delete epoch.seconds;
    return { runs, alone, stopped, after };
  });
  assert.deepEqual(runs.map(({ options, ...run }) => run), alone);
  assert.deepEqual(runs.map(({ options }) => [options.seed, options.head]), [[1, "mlp"], [2, "mlp"], [1, "linear"]]);
  assert.notDeepEqual(runs[0].epochs, runs[1].epochs);
  assert.equal(stopped, "AbortError");
  assert.equal(after, 1, "the next call has workers of its own");
  assertQuiet();
});
