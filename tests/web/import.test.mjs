// Weights that a person brings, in the browser: what TensorFlow.js, Keras and PyTorch have written, and what can't be used.
// HEADSTART_FAMILIES is the folder that `tests/golden/families.py --files` filled.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { goldenOf } from "./golden.mjs";
import { pattern } from "./pictures.mjs";
import { canTest, openPage } from "./site.mjs";

const { HEADSTART_DATA, HEADSTART_FAMILIES } = process.env;
/** A PNG, so that every decoder gives the same pixels; the ninth of the golden's pictures. */
const PICTURE = { file: "elpv4-mini/poly-defective/cell0068.png", at: 8 };

/** A foreign page with a file input. @param {import("node:test").TestContext} t */
async function openForeignPage(t) {
  const opened = await openPage(t, { path: "LICENSE-MIT.txt" });
  await opened.page.evaluate(() => {
    const input = document.body.appendChild(document.createElement("input"));
    Object.assign(input, { type: "file", multiple: true });
  });
  return opened;
}

/** @param {import("node:test").TestContext} t @param {string | undefined} folder @param {string} name */
function skipWithout(t, folder, name) {
  if (folder && existsSync(folder)) return false;
  t.skip(`${name} is not set`);
  return true;
}

test("the classifier of a Teachable Machine export predicts what TensorFlow.js does, until one is trained", async (t) => {
  if (skipWithout(t, HEADSTART_DATA && join(HEADSTART_DATA, "tm-mobilenet"), "HEADSTART_DATA")) return;
  const folder = join(String(HEADSTART_DATA), "tm-mobilenet");
  const { labels, probabilities } = JSON.parse(await readFile(new URL("../golden/teachable.json", import.meta.url), "utf8"));
  const { page, assertQuiet } = await openForeignPage(t);
  await page.setInputFiles("input", ["weights.bin", "metadata.json", "model.json"].map((name) => join(folder, name)));
  const picture = (await readFile(join(String(HEADSTART_DATA), PICTURE.file))).toString("base64");
  const out = await page.evaluate(async (picture) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const files = [.../** @type {any} */ (document.querySelector("input")).files];
    const image = new File([Uint8Array.from(atob(picture), (char) => char.charCodeAt(0))], "picture.png");
    const trainer = await Trainer.create({ device: "cpu" });
    const before = await trainer.predict(image).catch((/** @type {any} */ error) => error.code);
    const { classes } = await trainer.useBackbone({ weights: files });
    const ranked = await trainer.predict(image);
    const few = new File(['{"labels": ["one"]}'], "metadata.json");
    const refused = await trainer.useBackbone({ weights: [few, ...files.filter((file) => file.name !== "metadata.json")] }).catch((/** @type {any} */ error) => error.message);
    const still = await trainer.predict(image);
    const plain = await trainer.useBackbone({});
    trainer.free();
    return { before, classes, ranked, refused, still, plain: plain.classes };
  }, picture);
  assert.equal(out.before, "no-model");
  assert.deepEqual(out.classes, labels);
  for (const { label, probability } of out.ranked) {
    const expected = probabilities[PICTURE.at][labels.indexOf(label)];
    assert.ok(Math.abs(probability - expected) < 1e-4, `${label}: ${probability} instead of ${expected}`);
  }
  assert.match(out.refused, /metadata\.json.*names 1 classes, and the model has 4/);
  assert.deepEqual(out.still, out.ranked);
  assert.equal(out.plain, undefined);
  assertQuiet();
});

test("a Teachable Machine export trains, and a file that can't be used changes nothing", async (t) => {
  if (skipWithout(t, HEADSTART_DATA && join(HEADSTART_DATA, "tm-mobilenet"), "HEADSTART_DATA")) return;
  const folder = join(String(HEADSTART_DATA), "tm-mobilenet");
  const { page, assertQuiet } = await openForeignPage(t);
  const pictures = ["rings", "stripes"].flatMap((label) => Array.from({ length: 8 }, (_, n) => ({ label, base64: pattern(label, n).toString("base64") })));
  await page.setInputFiles("input", ["weights.bin", "metadata.json", "model.json"].map((name) => join(folder, name)));
  const out = await page.evaluate(async (pictures) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const files = [.../** @type {any} */ (document.querySelector("input")).files];
    const trainer = await Trainer.create({ device: "cpu", weights: files });
    const sources = pictures.map(({ label, base64 }, n) => ({ bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)), name: `${n}`, label }));
    await trainer.addImages(sources);
    for await (const _ of trainer.fit({ head: "linear", epochs: 5 }));
    const { accuracy } = await trainer.evaluate();
    const named = (/** @type {string} */ name) => files.find((file) => file.name === name);
    const refused = [];
    for (const weights of [
      [named("model.json")],
      [named("model.json"), new File([named("weights.bin").slice(0, 100_000)], "weights.bin")],
      [new File(["\x89HDF\r\n\x1a\n and no more"], "cut.h5")],
      [new File([new Uint8Array([0x89, 72, 68, 70, 13, 10, 26, 10, 1, 2, 3])], "cut2.h5")],
      [new File([], "nothing.pth")],
      [new File(["weights"], "text.pth")],
    ]) refused.push(await trainer.useBackbone({ weights }).catch((/** @type {any} */ error) => ({ code: error.code, message: error.message })));
    const still = await trainer.evaluate();
    const summary = await trainer.summary({ head: "linear", numClasses: 2 });
    const before = trainer.info.backbone;
    const after = await trainer.useBackbone({ backbone: "efficientnet-lite0" });
    const { accepted } = await trainer.addImages(sources.slice(0, 2));
    trainer.free();
    return { before, accuracy, refused, still: still.accuracy, summary, after: after.backbone, accepted: accepted.length };
  }, pictures);
  assert.equal(out.before, "mobilenetv2-0.35");
  assert.equal(out.accuracy, out.still, "what was open stays");
  assert.equal(out.summary.nonTrainable, 410_208 + 2 * 1280, "the backbone and the means and deviations of its features");
  const [alone, short, cut, cut2, nothing, text] = out.refused;
  assert.match(alone.message, /model\.json.*shard weights\.bin is missing/);
  assert.match(short.message, /shards end before/);
  for (const { code } of [alone, short, cut, cut2, text]) assert.equal(code, "weights-invalid");
  assert.equal(nothing.code, "empty-file");
  assert.deepEqual([out.after, out.accepted], ["efficientnet-lite0", 2]);
  assertQuiet();
});

for (const [file, backbone] of [
  ["mobilenetv2-0.35.keras", "mobilenetv2-0.35"],
  ["mobilenetv2-0.35.h5", "mobilenetv2-0.35"],
  ["mobilenetv2-0.35.weights.h5", "mobilenetv2-0.35"],
  ["resnet50-keras.keras", "resnet50-keras"],
  ["resnet50.pth", "resnet50"],
]) {
  for (const module of file.startsWith("resnet50") ? ["pool_relaxed", "engine"] : ["pool"]) {
    test(`${file} gives the features of its library: ${module}`, async (t) => {
      if (skipWithout(t, HEADSTART_FAMILIES, "HEADSTART_FAMILIES") || !(await canTest(t, module === "engine" ? "webgpu" : "cpu"))) return;
      const pictures = await goldenOf(backbone);
      const { page, assertQuiet } = await openForeignPage(t);
      await page.setInputFiles("input", join(String(HEADSTART_FAMILIES), file));
      const out = await page.evaluate(async ({ module, pictures }) => {
        const load = (/** @type {string} */ path) => import(new URL(path, location.href).href);
        const [{ importWeights }, { default: init, Pool, Engine }] = [await load("worker/importing.js"), await load(`pkg/${module}.js`)];
        const files = [.../** @type {any} */ (document.querySelector("input")).files].map((file) => ({ name: file.name, file }));
        const start = performance.now();
        const { spec, weights } = await importWeights(files, "simd128");
        const seconds = (performance.now() - start) / 1000;
        const { memory } = await init();
        const bytes = new Uint8Array(await weights.arrayBuffer());
        const runner = Pool ? new Pool(spec.name) : await Engine.open("webgpu");
        await (Pool ? runner.loadBackbone(bytes) : runner.loadBackbone(spec.name, bytes));
        const rows = [];
        for (const text of pictures) rows.push([...(await runner.features(Uint8Array.from(atob(text), (char) => char.charCodeAt(0))))]);
        return { spec, rows, seconds, megabytes: memory.buffer.byteLength / 2 ** 20 };
      }, { module, pictures: pictures.map(({ pixels }) => pixels.toString("base64")) });
      assert.deepEqual([out.spec.name, out.spec.file], [backbone, file]);
      let worst = 0;
      pictures.forEach(({ features }, n) => {
        const scale = Math.max(...features.map(Math.abs));
        features.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - out.rows[n][i]) / scale)));
      });
      t.diagnostic(`largest difference ${worst.toExponential(2)} of the largest feature; read in ${out.seconds.toFixed(1)} s; the runner's module has ${out.megabytes.toFixed(0)} MB`);
      assert.ok(worst <= 1e-4, `largest difference ${worst}`);
      assertQuiet();
    });
  }
}
