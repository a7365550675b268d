// A model leaves the page, proves itself elsewhere, and comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import * as ort from "onnxruntime-web";
import { checked } from "./exports.mjs";
import { pattern } from "./pictures.mjs";
import { openPage, waitForState } from "./site.mjs";

/** Trains on patterns and exports; `files` by kind. @param {import("playwright-core").Page} page @param {string[]} kinds */
async function exported(page, kinds, pictures = false) {
  const named = Object.fromEntries(["rings", "stripes"].flatMap((label) =>
    Array.from({ length: 12 }, (_, n) => [`${label}-${n}`, pattern(label, n, 3).toString("base64")])));
  const out = await page.evaluate(async ([named, kinds, pictures]) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const bytes = (/** @type {string} */ base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const all = Object.entries(named).map(([name, base64]) => ({ bytes: bytes(base64), name: `${name}.png`, label: name.split("-")[0] }));
    const trainer = await Trainer.create({ device: "cpu" });
    await trainer.addImages(all);
    const untrained = await trainer.export("bundle").catch((/** @type {any} */ error) => error.code);
    for await (const epoch of trainer.fit({ head: "linear", epochs: 5, seed: 1 })) void epoch;
    const picture = new File([bytes(named["rings-3"])], "rings-3.png");
    const ranked = await trainer.predict(picture);
    /** @type {Record<string, string>} */
    const files = {};
    for (const kind of kinds) {
      const url = await new Promise(async (resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.readAsDataURL(await trainer.export(kind, { pictures }));
      });
      files[kind] = url.slice(url.indexOf(",") + 1);
    }
    trainer.free();
    return { files, ranked, untrained };
  }, /** @type {const} */ ([named, kinds, pictures]));
  return { ...out, files: Object.fromEntries(Object.entries(out.files).map(([kind, base64]) => [kind, Buffer.from(base64, "base64")])) };
}

test("exports prove themselves in other runtimes", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const { files, untrained } = await exported(page, ["bundle", "tfjs", "onnx", "head-onnx", "safetensors", "pytorch"]);
  assert.equal(untrained, "no-model");

  const bundle = await checked(t, files.bundle);
  assert.match(bundle.said, /All checks passed/);
  assert.equal(bundle.said.match(/^pass samples\/drawn-\d\.bmp, probabilities/gm)?.length, 3);
  assert.ok(!bundle.paths.some((path) => path.includes("own")), "no picture of the person's leaves unasked");
  const inside = unzipSync(files.bundle);
  for (const name of ["model.onnx", "head.safetensors", "labels.txt", "card.json", "README.md", "check.py", "check.mjs", "expected.json"]) {
    assert.ok(inside[`headstart-model/${name}`], name);
  }
  const card = JSON.parse(strFromU8(inside["headstart-model/card.json"]));
  assert.deepEqual(card.head.labels, ["rings", "stripes"]);
  assert.equal(card.training.epochs, 5);
  assert.deepEqual(Buffer.from(inside["headstart-model/model.onnx"]), files.onnx);
  assert.deepEqual(Buffer.from(inside["headstart-model/head.safetensors"]), files.safetensors);
  assert.ok(!strFromU8(inside["headstart-model/expected.json"]).includes("rings-"), "nor its name");

  assert.match((await checked(t, files.tfjs)).said, /All checks passed/);
  assert.ok(unzipSync(files.pytorch)["headstart-model/model.py"]);

  const { samples } = JSON.parse(strFromU8(inside["headstart-model/expected.json"]));
  const session = await ort.InferenceSession.create(files["head-onnx"]);
  const results = await session.run({ features: new ort.Tensor("float32", Float32Array.from(samples[0].features), [1, 1280]) });
  results.probabilities.data.forEach((/** @type {number} */ value, /** @type {number} */ i) => assert.ok(Math.abs(value - samples[0].probabilities[i]) <= 1e-5));
  assertQuiet();
});

test("one's own images go along when asked, as pixels alone", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const { files } = await exported(page, ["bundle"], true);
  const { said, paths } = await checked(t, files.bundle);
  assert.match(said, /All checks passed/);
  assert.equal(said.match(/^pass samples\/own-\d\.bmp, probabilities/gm)?.length, 3);
  assert.deepEqual(paths.filter((path) => path.includes("own")), [1, 2, 3].map((n) => `headstart-model/samples/own-${n}.bmp`));
  assertQuiet();
});

/** A head's file with another card. @param {Uint8Array} head @param {(card: any) => void} alter */
function withCard(head, alter) {
  const length = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(strFromU8(head.subarray(8, 8 + length)));
  const card = JSON.parse(header.__metadata__.headstart);
  alter(card);
  header.__metadata__.headstart = JSON.stringify(card);
  const text = strToU8(JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + head.length - 8 - length);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set(head.subarray(8 + length), 8 + text.length);
  return out;
}

test("an export opens again: it predicts, and what does not fit is refused before anything is replaced", async (t) => {
  const { page, site, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const { files, ranked } = await exported(page, ["bundle", "safetensors"]);
  await page.goto(`${site.url}?device=cpu`);
  await waitForState(page, "ready");
  const give = (/** @type {string} */ name, /** @type {Uint8Array} */ bytes) =>
    page.getByTestId("open-model").setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });
  const refused = async (/** @type {string} */ name, /** @type {Uint8Array} */ bytes, /** @type {RegExp} */ message) => {
    await give(name, bytes);
    await page.getByTestId("error").getByText(message).waitFor();
    await page.getByRole("button", { name: "Dismiss" }).click();
  };
  let shown = 3;
  const first = async () => {
    const before = await page.locator("#seen").getAttribute("src");
    await page.getByTestId("predict-input").setInputFiles({ name: "new.png", mimeType: "image/png", buffer: pattern("rings", shown++, 3) }); // another one each time: the same pixels have the same address
    const lanes = await page.waitForFunction((before) => {
      const found = [...document.querySelectorAll("[data-testid=prediction] li")];
      return document.getElementById("seen")?.getAttribute("src") !== before && found.length > 0 && found.map((lane) => lane.textContent ?? "");
    }, before);
    return /** @type {string[]} */ (await lanes.jsonValue());
  };

  // Where images are taken, too: it is no folder of images.
  await page.getByTestId("add-files").setInputFiles({ name: "headstart-model.zip", mimeType: "application/zip", buffer: files.bundle });
  await page.getByText("headstart-model.zip knows 2 classes: rings, stripes.").waitFor();
  const [said] = await first();
  assert.match(said, new RegExp(`^${ranked[0].label}`));
  await page.getByText("add images of every class").waitFor();

  const entries = unzipSync(files.bundle);
  const spoiled = entries["headstart-model/head.safetensors"].slice();
  spoiled[spoiled.length - 1] ^= 1;
  await refused("spoiled.zip", zipSync({ ...entries, "headstart-model/head.safetensors": spoiled }, { level: 0 }), /changed after it was exported/);
  const card = JSON.parse(strFromU8(entries["headstart-model/card.json"]));
  await refused("newer.zip", zipSync({ ...entries, "headstart-model/card.json": strToU8(JSON.stringify({ ...card, version: 3 })) }, { level: 0 }), /version 3/);
  await refused("cut.zip", files.bundle.subarray(0, files.bundle.length / 2), /damaged zip/);
  const head = files.safetensors;
  await refused("v9.safetensors", withCard(head, (card) => (card.version = 9)), /version 9 of the format/);
  await refused("other.safetensors", withCard(head, (card) => (card.backbone = "resnet50")), /is a head for resnet50.*network in use is efficientnet-lite0/);
  await refused("weights.safetensors", withCard(head, (card) => (card.backbone_sha256 = "0".repeat(64))), /weights 00000000/);
  await refused("classes.safetensors", withCard(head, (card) => card.labels.push("third")), /classifier.weight \[2, 1280\] instead of \[3, 1280\]/);
  await refused("torn.safetensors", head.subarray(0, 3000), /can't be used/);
  assert.match((await first())[0], /^rings/, "the head of before is still there");

  const pictures = Object.fromEntries(["squares", "rings", "stripes"].flatMap((label) => Array.from({ length: 8 }, (_, n) => [`${label}/${n}.png`, pattern(label, n, 5)])));
  await page.getByTestId("add-files").setInputFiles({ name: "more.zip", mimeType: "application/zip", buffer: Buffer.from(zipSync(pictures)) });
  await page.getByTestId("classes").locator("img").nth(15).waitFor();
  await waitForState(page, "ready");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await waitForState(page, "trained");
  assert.equal((await first()).length, 3, "a class was added");

  await give("headstart-head.safetensors", head);
  await page.getByRole("button", { name: "Replace it" }).click();
  await page.getByText("headstart-head.safetensors knows 2 classes").waitFor();
  assertQuiet();
});

test("the dialog saves what was chosen", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu", webgpu: false });
  await waitForState(page, "ready");
  const pictures = Object.fromEntries(["rings", "stripes"].flatMap((label) => Array.from({ length: 8 }, (_, n) => [`${label}/${n}.png`, pattern(label, n, 3)])));
  await page.getByTestId("add-files").setInputFiles({ name: "patterns.zip", mimeType: "application/zip", buffer: Buffer.from(zipSync(pictures)) });
  await page.getByTestId("classes").locator("img").nth(9).waitFor();
  await waitForState(page, "ready");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await waitForState(page, "trained");
  const saved = async (/** @type {string} */ form) => {
    await page.getByTestId("take-away").click();
    await page.getByRole("radio", { name: new RegExp(`^${form}`) }).check();
    const download = page.waitForEvent("download");
    await page.getByTestId("export-save").click();
    return (await download).suggestedFilename();
  };
  assert.equal(await saved("Head only"), "headstart-head.safetensors");
  assert.equal(await saved("Model for elsewhere"), "headstart-model.zip");
  assert.equal(await saved("TensorFlow.js"), "headstart-tfjs.zip");
  await page.getByTestId("take-away").click();
  assert.match(await page.getByRole("radio", { name: /^Model for elsewhere/ }).locator("..").textContent() ?? "", /\d+\.\d MB/);
  await page.getByRole("radio", { name: /^Head only/ }).check();
  assert.ok(await page.getByTestId("export-pictures").isDisabled());
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await page.getByRole("dialog").count(), 0);
  assertQuiet();
});
