// What an answer rests on, shown over an image, as a person meets it and by the API.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { namedPatterns, pictureFolder } from "./pictures.mjs";
import { addFolder, canTest, drawn, openPage, train } from "./site.mjs";

/** Colours on a canvas. @param {import("playwright-core").Locator} canvas */
const colours = (canvas) => canvas.evaluate((element) => {
  const { data } = /** @type {HTMLCanvasElement} */ (element).getContext("2d")?.getImageData(0, 0, 224, 224) ?? { data: new Uint8ClampedArray() };
  return new Set(new Uint32Array(data.buffer)).size;
});

test("a heat map lies over an image and over a prediction, for the class that is chosen", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 3, each: 8 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=4&head=linear" });
  await addFolder(page, folder);
  const [file] = await readdir(join(folder, labels[1]));
  const tile = page.getByRole("region", { name: labels[1], exact: true }).getByAltText(file, { exact: true });
  const dialog = page.getByRole("dialog");
  await tile.click();
  await dialog.getByRole("heading", { name: file }).waitFor();
  assert.equal(await dialog.getByRole("button", { name: "Heat map" }).isVisible(), false, "there is no head yet");
  await dialog.getByRole("button", { name: "Close" }).click();

  await train(page);
  await tile.click();
  const toggle = dialog.getByRole("button", { name: "Heat map" });
  await toggle.click();
  assert.equal(await toggle.getAttribute("aria-pressed"), "true");
  const chooser = dialog.getByRole("combobox", { name: "What speaks for" });
  await chooser.waitFor();
  const offered = await chooser.getByRole("option").allTextContents();
  assert.deepEqual(offered.map((text) => text.replace(/ \(.*%\)$/, "")).sort(), [...labels].sort());
  const overlay = dialog.getByRole("img", { name: `Heat map for ${labels[1]}` });
  await chooser.selectOption(labels[1]);
  const words = dialog.getByTestId("heat-map").getByRole("status");
  assert.match((await words.textContent()) ?? "", new RegExp(`^Bright: speaks for ${labels[1]}, most of all (in the middle|at the (upper|middle|lower) (left|centre|right))\\.`));
  assert.ok((await colours(overlay)) > 200);
  await chooser.selectOption(labels[2]);
  await dialog.getByTestId("heat-map").getByText(new RegExp(`speaks for ${labels[2]}`)).waitFor();
  await toggle.click();
  assert.equal(await dialog.getByRole("img", { name: /^Heat map/ }).count(), 0);
  await dialog.getByRole("button", { name: "Close" }).click();

  await page.getByTestId("predict-input").setInputFiles(join(folder, labels[0], (await readdir(join(folder, labels[0])))[0]));
  const predict = page.locator("#predict");
  await predict.getByRole("button", { name: "Heat map" }).click();
  await predict.getByRole("combobox", { name: "What speaks for" }).waitFor();
  const top = (await page.getByTestId("prediction").getByRole("listitem").first().textContent()) ?? "";
  const first = (await predict.getByRole("option").first().textContent()) ?? "";
  assert.ok(top.startsWith(first.split(" (")[0]), `${top} ${first}`);
  await drawn(page);
  assertQuiet();
});

for (const device of ["cpu", "webgpu"]) {
  test(`the API gives heat maps of images and files alike; a linear head's are exact (${device})`, async (t) => {
    if (!(await canTest(t, device))) return;
    const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt", webgpu: device === "webgpu" });
    const pictures = namedPatterns(6);
    const out = await page.evaluate(async ({ pictures, device }) => {
      const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
      const trainer = await Trainer.create({ device, workers: 1 });
      const given = pictures.map(({ base64, ...rest }) => ({ ...rest, bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) }));
      const { accepted } = await trainer.addImages(given);
      const fault = (/** @type {any} */ error) => error.code;
      const early = await trainer.insight.heatMaps(accepted[0].id).catch(fault);
      for await (const epoch of trainer.fit({ head: "linear", epochs: 3 })) void epoch;
      const ofImage = await trainer.insight.heatMaps(accepted[0].id);
      const ofFile = await trainer.insight.heatMaps(new Blob([given[0].bytes]));
      const one = await trainer.insight.heatMaps(accepted[0].id, { most: 0, label: "stripes" });
      const unknown = await trainer.insight.heatMaps(999).catch(fault);
      const predicted = await trainer.predict(new Blob([given[0].bytes]));
      const files = await trainer.export("safetensors");
      const head = new Uint8Array(await files.arrayBuffer());
      const ranOn = trainer.info.device;
      trainer.free();
      return { early, ofImage, ofFile, one, unknown, predicted, ranOn, head: [...head] };
    }, { pictures, device });
    assert.deepEqual([out.ranOn, out.early, out.unknown], [device, "no-model", "unknown-image"]);
    assert.deepEqual([out.ofImage.height, out.ofImage.width], [7, 7]);
    assert.deepEqual(out.ofImage, out.ofFile);
    assert.deepEqual(out.one.maps.map(({ label }) => label), ["stripes"]);
    assert.deepEqual(out.ofImage.maps.map(({ label }) => label), out.predicted.map(({ label }) => label));

    // The difference of two logits, without their biases, by the maps; and by the probabilities, with biases and temperature.
    const { biases, temperature, labels } = readHead(Buffer.from(out.head));
    const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const logits = new Map(out.ofImage.maps.map(({ label, values }) => [label, mean(values) + biases[labels.indexOf(label)]]));
    const [a, b] = out.predicted;
    const byMaps = ((logits.get(a.label) ?? NaN) - (logits.get(b.label) ?? NaN)) / temperature;
    const byProbabilities = Math.log(a.probability / b.probability);
    assert.ok(Math.abs(byMaps - byProbabilities) < 1e-3 * Math.max(1, byProbabilities), `${byMaps} ${byProbabilities}`);
    assertQuiet();
  });
}

/** @param {Buffer} file safetensors */
function readHead(file) {
  const size = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + size).toString());
  const [start, end] = header["classifier.bias"].data_offsets;
  const bytes = file.subarray(8 + size + start, 8 + size + end);
  const { temperature, labels } = JSON.parse(header.__metadata__.headstart);
  return { biases: Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4)), temperature, labels };
}
