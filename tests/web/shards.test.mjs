// Feature shards on the page: what is whole is trained on, of much a sample, what does not fit is refused with the reason.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readFeatures } from "../../www/worker/feature_files.js";
import { shares } from "../../www/worker/feature_sample.js";
import { Sha256 } from "../../www/worker/sha256.js";
import { numbers } from "./damage.mjs";
import { DATA, emptyFolder, pattern } from "./pictures.mjs";
import { featureFiles, manifestOf, shard, sha256 } from "./shards.mjs";
import { addFolder, drawn, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("./shards.mjs").Files} Files */
/** @typedef {import("./shards.mjs").Row} Row */

const WIDTH = 7;
const BACKBONE = { name: "efficientnet-lite0", sha256: "ab".repeat(32), num_features: WIDTH };
const NETWORK = { name: "efficientnet-lite0", sha256: BACKBONE.sha256, numFeatures: WIDTH, inputSize: 224, preprocessing: 1, fit: "crop" };

/** Drawn numbers, no picture. @param {number} count @param {string[]} labels @returns {Row[]} */
function drawnRows(count, labels) {
  const random = numbers(5);
  return Array.from({ length: count }, (_, n) => {
    const label = labels[random(labels.length)] ?? "";
    const hash = createHash("sha256").update(`${n}`).digest("hex");
    return { name: `${label}/${n}.jpg`, label, sha256: hash, features: Array.from({ length: WIDTH }, () => random(1000) / 500) };
  });
}

/** @param {Files} files @param {{most?: number, seed?: number}} [options] */
const read = (files, { most = 20_000, seed = 1 } = {}) =>
  readFeatures(Object.entries(files).map(([name, bytes]) => ({ name, file: new Blob([Uint8Array.from(bytes)]) })), NETWORK,
    { most, seed, signal: new AbortController().signal, onBytes: () => {} });

test("a hash piece by piece is Node's", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, n) => n * 7);
  for (let length = 0; length < 300; length++) {
    const hash = new Sha256();
    const cut = (length * 5) % (length + 1);
    hash.add(bytes.subarray(0, cut));
    hash.add(bytes.subarray(cut, length));
    assert.equal(hash.hex(), sha256(Buffer.from(bytes.subarray(0, length))), `${length} bytes`);
  }
});

test("rows are those that were written, whatever shard they lie in", async () => {
  const rows = drawnRows(9000, ["a", "b c", "ö"]);
  for (const each of [100, 4096, 5000, 9000]) {
    const { rows: found, of } = await read(featureFiles(rows, BACKBONE, each));
    assert.equal(of, 9000);
    found.forEach((row, at) => {
      const { name, label, sha256: hash, features } = /** @type {Row} */ (rows[at]);
      assert.deepEqual([row.name, row.label, row.sha256, row.fingerprint], [name.slice(label.length + 1), label, hash, null]);
      assert.deepEqual([...row.features], [...Float32Array.from(features)]);
    });
  }
});

test("a sample is of each class its share, and of the same images in any order", async () => {
  const rows = [...drawnRows(2900, ["many"]), ...drawnRows(3000, ["few"]).slice(2900)];
  const names = async (/** @type {Row[]} */ all, /** @type {object} */ options) => (await read(featureFiles(all, BACKBONE, 700), options)).rows.map(({ name }) => name);
  const some = await names(rows, { most: 300 });
  assert.equal(some.length, 300);
  const [first, ...rest] = [rows.slice(2000), rows.slice(0, 2000)];
  assert.deepEqual((await names([...first, ...rest.flat()], { most: 300 })).sort(), [...some].sort());
  const more = new Set(await names(rows, { most: 600 }));
  assert.ok(some.every((name) => more.has(name)), "who asks for more keeps these");
  assert.notDeepEqual(await names(rows, { most: 300, seed: 2 }), some);
  const { rows: labelled } = await read(featureFiles(rows, BACKBONE, 700), { most: 300 });
  assert.equal(labelled.filter(({ label }) => label === "few").length, 10);
  assert.deepEqual(shares([1000, 1, 0, 3], 10), [8, 1, 0, 1]);
  assert.deepEqual(shares([5, 5, 5], 2).reduce((sum, count) => sum + count), 2);
  const twice = [...rows, ...rows];
  assert.equal(new Set(await names(twice, { most: 300 })).size, 300, "copies are left out of a sample");
});

const ROWS = drawnRows(12, ["a", "b"]);
const LABELS = ["a", "b"];
/** The first shard with something wrong that its own hash does not show. @param {Parameters<typeof shard>[3]} wrong @param {Row[]} [rows] @returns {Files} */
function wrongShard(wrong, rows = ROWS.slice(0, 6)) {
  const files = featureFiles(ROWS, BACKBONE, 6);
  const [first, second] = [shard(rows, LABELS, BACKBONE, wrong), /** @type {Buffer} */ (files["shard-000001.safetensors"])];
  const manifest = manifestOf({ "shard-000000.safetensors": { bytes: first, rows: 6 }, "shard-000001.safetensors": { bytes: second, rows: 6 } }, LABELS, BACKBONE);
  return { ...files, "shard-000000.safetensors": first, "manifest.json": Buffer.from(JSON.stringify(manifest)) };
}

/** A manifest in which something is another. @param {(manifest: any) => void} change any: so is JSON @returns {Files} */
function wrongManifest(change, files = featureFiles(ROWS, BACKBONE, 6)) {
  const manifest = JSON.parse(String(files["manifest.json"]));
  change(manifest);
  return { ...files, "manifest.json": Buffer.from(JSON.stringify(manifest)) };
}

/** @param {string} name @returns {Files} */
function without(name) {
  const { [name]: _, ...files } = featureFiles(ROWS, BACKBONE, 6);
  return files;
}

/** A byte of the second shard is another. */
function flipped() {
  const files = featureFiles(ROWS, BACKBONE, 6);
  const bytes = Buffer.from(/** @type {Buffer} */ (files["shard-000001.safetensors"]));
  bytes[bytes.length - 3] ^= 1;
  return { ...files, "shard-000001.safetensors": bytes };
}

/** @type {[Files, RegExp][]} */
const BAD = [
  [without("manifest.json"), /“manifest.json” can't be taken in \(it is not among the files\). Choose manifest.json together with all/],
  [without("shard-000001.safetensors"), /“shard-000001.safetensors” .*it is not among the files/],
  [{ ...without("manifest.json"), "manifest.json": Buffer.from("{") }, /it is no JSON/],
  [wrongManifest((m) => (m.version = 2)), /it is of format "headstart-features", version 2, and this headstart reads headstart-features, version 1/],
  [wrongManifest((m) => (m.backbone.name = "resnet50")), /holds features of another network: resnet50 with weights abababab…, and the one in use is efficientnet-lite0/],
  [wrongManifest((m) => (m.backbone.sha256 = "cd".repeat(32))), /holds features of another network: .* weights cdcdcdcd…/],
  [wrongManifest((m) => (m.backbone.num_features = 8)), /its rows have 8 numbers, and this network gives 7/],
  [wrongManifest((m) => (m.preprocessing.version = 2)), /prepared by version 2 at 224 pixels/],
  [wrongManifest((m) => (m.preprocessing.crop_pct = 0.9)), /shard-000000.*prepared otherwise than the manifest says/],
  [wrongManifest((m) => m.labels.reverse()), /out of order at “a”/],
  [wrongManifest((m) => (m.labels = ["a", "a"])), /the class “a” twice/],
  [wrongManifest((m) => (m.labels = [])), /names no classes/],
  [wrongManifest((m) => m.rows_per_class.push(3)), /names 2 classes and counts the rows of 3/],
  [wrongManifest((m) => ((m.labels = ["a"]), (m.rows_per_class = [12]))), /a row of class 1, and the manifest names 1 classes/],
  [wrongManifest((m) => (m.shards[0].file = "../shard-000000.safetensors")), /is no name of a file beside it/],
  [wrongManifest((m) => (m.shards[1] = m.shards[0])), /names a shard twice/],
  [wrongManifest((m) => (m.shards = [])), /it holds no rows/],
  [wrongManifest((m) => (m.shards[1].bytes = 1)), /bytes, and the manifest says 1\). Copy it again/],
  [wrongManifest((m) => (m.shards[1].rows = 5)), /its features are F32 \[6, 7\], and should be F32 \[5, 7\]/],
  [flipped(), /“shard-000001.safetensors” .*not the one of the manifest: its SHA-256 is [0-9a-f]{8}…, and should be/],
  [wrongShard({ about: { backbone: "vgg16" } }), /its features are of vgg16 .*Extract all of its shards again by one network/],
  [wrongShard({ about: { version: "2" } }), /“shard-000000.safetensors” .*version "2"/],
  [wrongShard({ about: { preprocessing: "{" } }), /its header is damaged/],
  [wrongShard({ change: (header) => (header.classes.data_offsets = [1e6, 1e6 + 24]) }), /its classes lie outside of it/],
  [wrongShard({ change: (header) => delete header.sha256 }), /its sha256 are undefined/],
  [wrongShard({ change: (header) => (header.names.data_offsets[1] = header.names.data_offsets[0] + (header.names.shape[0] = 3)) }), /its names lie outside of it/],
  [wrongShard({}, ROWS.slice(0, 6).map((row, n) => (n === 4 ? { ...row, features: Array(WIDTH).fill(NaN) } : row))), /a feature of its row 4 is no number/],
];

test("what does not fit is refused with the file, the reason and a cure", async () => {
  assert.equal((await read(featureFiles(ROWS, BACKBONE, 6))).rows.length, 12);
  for (const [files, reason] of BAD) await assert.rejects(read(files), (error) => reason.test(Object(error).message) && Object(error).code !== undefined, String(reason));
  await assert.rejects(read(featureFiles(ROWS, BACKBONE, 6), { most: 0 }), { code: "wrong-option" });
});

test("damaged files are read or refused, and nothing else", async () => {
  let refusals = 0;
  for (let seed = 0; seed < 600; seed++) {
    const random = numbers(seed);
    const files = featureFiles(ROWS, BACKBONE, 6);
    const [first, second] = ["shard-000000.safetensors", "shard-000001.safetensors"].map((name) => Buffer.from(/** @type {Buffer} */ (files[name])));
    for (let wounds = random(4); wounds >= 0; wounds--) first[random(random(2) ? 500 : first.length)] = random(256);
    const cut = random(6) === 0 ? first.subarray(0, random(first.length)) : first;
    const manifest = manifestOf({ "shard-000000.safetensors": { bytes: cut, rows: 6 }, "shard-000001.safetensors": { bytes: second, rows: 6 } }, LABELS, BACKBONE);
    const text = Buffer.from(JSON.stringify(manifest));
    if (random(3) === 0) text[random(text.length)] = random(256);
    await read({ "shard-000000.safetensors": cut, "shard-000001.safetensors": second, "manifest.json": text }).catch((error) => {
      assert.ok(["features-refused", "other-backbone"].includes(error.code), `${seed}: ${error.stack}`);
      refusals++;
    });
  }
  assert.ok(refusals > 300 && refusals < 600, `${refusals} of 600`);
});

/** In the page: rows of drawn pictures, and whose they are. @param {{name: string, bytes: string}[]} pictures base64 */
async function extracted(pictures) {
  const load = (/** @type {string} */ path) => import(new URL(path, location.href).href);
  const [{ extractFeatures }, { default: init, backboneSpec }] = await Promise.all([load("page/features.js"), load("pkg/pool.js")]);
  await init();
  const { sha256, name, numFeatures } = backboneSpec("efficientnet-lite0");
  const sources = pictures.map(({ name, bytes }) => ({ name, bytes: Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0)) }));
  const { rows, pictures: found } = await extractFeatures(sources, { device: "cpu", workers: 1 });
  return { backbone: { name, sha256, num_features: numFeatures }, rows: [...rows], found };
}

const PICTURES = ["rings", "stripes"].flatMap((label) => Array.from({ length: 12 }, (_, n) => ({ name: `${label}-${n}.png`, label, bytes: pattern(label, n, 3).toString("base64") })));

/** @param {import("playwright-core").Page} page */
async function filesOfPictures(page) {
  const { backbone, rows, found } = await page.evaluate(extracted, PICTURES);
  const all = found.map((/** @type {any} */ { name, sha256: hash, fingerprint }, /** @type {number} */ n) => {
    const { label } = /** @type {{label: string}} */ (PICTURES[n]);
    return { name: `${label}/${name}`, label, sha256: hash, fingerprint, features: rows.slice(n * backbone.num_features, (n + 1) * backbone.num_features) };
  });
  return { rows: all, backbone, files: featureFiles(all, backbone, 10) };
}

/** @param {Files} files */
const base64 = (files) => Object.entries(files).map(([name, bytes]) => ({ name, bytes: bytes.toString("base64") }));

test("rows from files train the head that their pictures train, and what needs a picture says so", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt", webgpu: false });
  const { files } = await filesOfPictures(page);
  const found = await page.evaluate(async ({ pictures, files }) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const bytes = (/** @type {string} */ text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    const given = files.map(({ name, bytes: text }) => new File([bytes(text)], name));
    const names = (/** @type {any} */ report, /** @type {any[]} */ images) => report.images.map((/** @type {any} */ { id, probability }) => [images.find((image) => image.id === id).name, probability]);
    const fitted = async (/** @type {any} */ trainer) => {
      for await (const _ of trainer.fit({ head: "linear", epochs: 4, seed: 1 })); // all of them
      return trainer.evaluate();
    };
    const code = (/** @type {Promise<unknown>} */ promise) => promise.then(() => "done", (error) => `${error.code}: ${error.message}`);
    const ofPictures = await Trainer.create({ device: "cpu", workers: 1 });
    const { accepted } = await ofPictures.addImages(pictures.map(({ name, label, bytes: text }) => ({ name, label, bytes: bytes(text) })));
    const before = names(await fitted(ofPictures), accepted);
    ofPictures.free();
    const trainer = await Trainer.create({ device: "cpu", workers: 1 });
    /** @type {any[]} */
    const [checked, progress] = [[], []];
    const sample = await trainer.addFeatures(given, { most: 8, seed: 3 });
    await trainer.removeImages(sample.accepted.map((/** @type {any} */ { id }) => id));
    const added = await trainer.addFeatures(given, { onBytes: (/** @type {number} */ done, /** @type {number} */ total) => checked.push([done, total]), onProgress: (/** @type {any} */ one) => progress.push(one) });
    const report = await fitted(trainer);
    const again = await trainer.addFeatures(given);
    const [one] = added.accepted;
    const answer = await trainer.predict(new Blob([bytes(pictures[0].bytes)]));
    const refused = [
      await code(trainer.insight.heatMaps(one.id)),
      await code(trainer.fit({ input: "images", epochs: 1 }).next()),
      await code(trainer.lab({ epochs: 1 }).next()),
    ];
    const near = await trainer.insight.neighbours(one.id, { count: 2 });
    trainer.free();
    return {
      before, after: names(report, added.accepted), counts: [added.rows, added.of, added.rejected.length], sample: [sample.rows, sample.of, ...sample.accepted.map((/** @type {any} */ { label }) => label)],
      again: [again.accepted.length, again.rejected.map((/** @type {any} */ { code }) => code)], bytes: checked.at(-1), last: progress.at(-1), one: [one.name, one.width, one.jpeg.length, one.thumbnail.size], refused, label: answer[0].label, near: near.length,
    };
  }, { pictures: PICTURES, files: base64(files) });
  assert.deepEqual(found.after, found.before, "sides and probabilities are those of the pictures");
  assert.deepEqual(found.counts, [24, 24, 0]);
  assert.deepEqual(found.sample.slice(0, 2), [8, 24]);
  assert.equal(found.sample.filter((/** @type {any} */ label) => label === "rings").length, 4);
  assert.deepEqual(found.again, [0, Array(24).fill("duplicate")]);
  assert.equal(found.bytes[0], found.bytes[1]);
  assert.deepEqual([found.last.done, found.last.total], [24, 24]);
  assert.deepEqual(found.one, ["rings-0.png", 0, 0, 0]);
  assert.match(found.refused[0], /^no-file: The picture of “rings-0.png” is not here, only its features/);
  assert.match(found.refused[1], /^no-file: The files of 24 images, such as “rings-0.png” are not here, only features/);
  assert.match(found.refused[2], /^no-file/);
  assert.deepEqual([found.label, found.near], ["rings", 2]);
  assertQuiet();
});

/** @param {string} folder @param {Files} files */
async function written(folder, files) {
  await mkdir(join(folder, "progress"), { recursive: true });
  await writeFile(join(folder, "progress/plan.json"), "{}");
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return folder;
}

/** Images that are shown. @param {import("playwright-core").Page} page */
const tiles = (page) => page.locator('[role="option"]');

test("a folder of shards is dropped in, trained on and kept; a bad one changes nothing", async (t) => {
  const out = await emptyFolder(t);
  const path = "?device=cpu&epochs=3&project=shards";
  const { page, assertQuiet } = await openPage(t, { path, webgpu: false });
  const { files, rows, backbone } = await filesOfPictures(page);
  const bad = wrongManifest((manifest) => (manifest.backbone.sha256 = "cd".repeat(32)), files);
  await addFolder(page, await written(join(out, "padded"), featureFiles(rows, backbone, 10, "pad")));
  await page.getByTestId("error").getByText("its pictures were seen as “pad”, and this project sees “crop”").waitFor();
  await addFolder(page, await written(join(out, "bad"), bad));
  await page.getByTestId("error").getByText(/holds features of another network: efficientnet-lite0 with weights cdcdcdcd…/).waitFor();
  assert.equal(await tiles(page).count(), 0);
  await page.getByTestId("error").getByRole("button", { name: "Dismiss" }).click();

  await addFolder(page, await written(join(out, "features"), files));
  await page.getByText("24 images are here by their features, without their pictures.").waitFor();
  await drawn(page);
  assert.equal(await tiles(page).count(), 24);
  assert.equal(await page.getByRole("option", { name: "rings-3.png" }).locator("img").count(), 0);
  const run = await train(page);
  assert.equal(run.train + run.validation, 24);
  await page.getByRole("option", { name: "rings-3.png" }).click();
  await page.getByText(/Class rings, .*Only its features are here/).waitFor();
  assert.equal(await page.getByTestId("heat-map").first().isVisible(), false);
  await page.getByRole("button", { name: "Close" }).click();
  const images = await page.evaluate(async () => {
    const { currentTrainer } = await import(new URL("page/session.js", location.href).href);
    const trainer = currentTrainer();
    await trainer.flush();
    return (await trainer.projects.import(await trainer.export("project"))).images;
  });
  assert.equal(images, 24, "a project file holds them");

  await page.goto(new URL(path, page.url()).href);
  await waitForState(page, "trained");
  assert.equal(await tiles(page).count(), 24, "they are kept");
  const other = featureFiles(rows.map((/** @type {Row} */ row) => ({ ...row, label: `${row.label} 2` })), backbone, 24);
  await page.getByTestId("add-files").setInputFiles(Object.entries(other).map(([name, buffer]) => ({ name, buffer, mimeType: "" })));
  await page.getByText("48 images in 4 classes").first().waitFor();
  await page.getByTestId("add-files").setInputFiles([{ name: "shard-000000.safetensors", buffer: /** @type {Buffer} */ (other["shard-000000.safetensors"]), mimeType: "" }]);
  await page.getByTestId("error").getByText("Choose manifest.json together with all of its shards").waitFor();
  assertQuiet();
});

test("another network leaves rows without pictures out, and its own has them again", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=2", webgpu: false });
  const { files } = await filesOfPictures(page);
  await addFolder(page, await written(join(await emptyFolder(t), "features"), files));
  await page.getByText("24 images are here by their features").waitFor();
  const model = join(DATA ?? "", "tm-mobilenet");
  await page.locator("#backbone > summary").click();
  await page.getByTestId("weights-files").setInputFiles(["model.json", "weights.bin", "metadata.json"].map((name) => join(model, name)));
  await page.getByText("24 images had only features of the network before, so they are left out now. They come back with that network.").waitFor();
  await drawn(page);
  assert.equal(await tiles(page).count(), 0);
  await page.getByTestId("weights-reset").click();
  await page.waitForFunction(() => document.querySelector("#backbone-name")?.textContent === "efficientnet-lite0");
  await waitForState(page, "ready");
  await drawn(page);
  assert.equal(await tiles(page).count(), 24);
  assert.equal((await train(page)).images, 24);
  assertQuiet();
});
