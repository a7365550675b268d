// Feature shards on the page: a head is trained on them, they are kept, and what needs a picture says so.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DATA, emptyFolder, pattern } from "./pictures.mjs";
import { featureFiles, wrongManifest } from "./shards.mjs";
import { addFolder, drawn, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("./shards.mjs").Files} Files */
/** @typedef {import("./shards.mjs").Row} Row */

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
  const bad = wrongManifest(files, (manifest) => (manifest.backbone.sha256 = "cd".repeat(32)));
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
