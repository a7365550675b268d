// Images as the input of a training: the backbone in the loop, by each BatchNorm policy, and what comes of the head afterwards.
import assert from "node:assert/strict";
import { test } from "node:test";
import { unzipSync } from "fflate";
import { checked } from "./exports.mjs";
import { pattern, pictureFolder } from "./pictures.mjs";
import { addFolder, drawn, openPage, train, waitForState } from "./site.mjs";

/** A page with a trainer to which two classes of ten pictures were added. @param {import("node:test").TestContext} t */
async function openTrainer(t) {
  const opened = await openPage(t, { path: "LICENSE-MIT.txt", webgpu: false });
  const pictures = Object.fromEntries(["rings", "stripes"].flatMap((label) =>
    Array.from({ length: 10 }, (_, n) => [`${label}-${n}`, pattern(label, n).toString("base64")])));
  await opened.page.evaluate(async (pictures) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const bytes = (/** @type {string} */ name) => Uint8Array.from(atob(pictures[name]), (char) => char.charCodeAt(0));
    const file = (/** @type {string} */ name) => new File([bytes(name)], `${name}.png`);
    const start = async (/** @type {object} */ options = {}) => {
      const trainer = await Trainer.create({ device: "cpu", workers: 2, ...options });
      const all = Object.keys(pictures).map((name) => ({ bytes: bytes(name), name: `${name}.png`, label: name.split("-")[0] }));
      const { accepted } = await trainer.addImages(all);
      return { trainer, accepted };
    };
    /** All epochs, or the error as text. @param {any} trainer @param {object} options */
    const fit = async (trainer, options) => {
      const epochs = [];
      try {
        for await (const epoch of trainer.fit({ input: "images", head: "linear", epochs: 3, batchSize: 8, seed: 2, ...options })) epochs.push(epoch);
        return epochs;
      } catch (error) {
        const { code, message } = /** @type {any} */ (error);
        return `${code}: ${message}`;
      }
    };
    Object.assign(globalThis, { start, fit, file });
  }, pictures);
  return opened;
}

test("a head trained on images is used by the statistics it was validated by", async (t) => {
  const { page, assertQuiet } = await openTrainer(t);
  const out = await page.evaluate(async () => {
    const { start, fit, file } = globalThis;
    const { trainer, accepted } = await start();
    const policies = [{ policy: "stored" }, { policy: "batch" }, { policy: "updated", momentum: 0.5 }, { policy: "reestimated" }, { policy: "batch", validationPolicy: "reestimated" }];
    const runs = [];
    for (const batchNorm of policies) {
      const epochs = await fit(trainer, { batchNorm });
      const report = await trainer.evaluate();
      // What the report says of an image, prediction says of its file.
      const judged = report.images[0];
      const { name } = accepted.find((/** @type {any} */ image) => image.id === judged.id);
      const ranked = await trainer.predict(file(name.replace(".png", "")));
      runs.push({ epochs, accuracy: report.accuracy, bestEpoch: report.bestEpoch, images: report.train + report.validation, judged, top: ranked[0] });
    }
    const zip = new Uint8Array(await (await trainer.export("bundle")).arrayBuffer());
    const tfjs = new Uint8Array(await (await trainer.export("tfjs")).arrayBuffer());
    const ranked = await trainer.predict(file("rings-1"));
    const head = new File([await trainer.export("safetensors")], "head.safetensors");
    for await (const epoch of trainer.fit({ epochs: 1 })) void epoch; // on features, in between
    await trainer.openHead(head);
    const opened = await trainer.predict(file("rings-1"));
    trainer.free();
    const text = (/** @type {Uint8Array} */ bytes) => bytes.reduce((all, byte) => all + String.fromCharCode(byte), "");
    return { runs, zip: btoa(text(zip)), tfjs: btoa(text(tfjs)), ranked, opened };
  });
  for (const { epochs, accuracy, bestEpoch, images, judged, top } of out.runs) {
    assert.equal(epochs.length, 3, String(epochs));
    assert.equal(images, 20);
    assert.ok(Math.abs(epochs[bestEpoch - 1].valAccuracy - accuracy) < 1e-9, "the report is of the epoch that was kept");
    assert.equal(top.label, judged.predicted);
    assert.ok(Math.abs(top.probability - judged.probability) < 1e-4, `${top.probability} ${judged.probability}`);
  }
  assert.ok(new Set(out.runs.map(({ epochs }) => epochs[0].valLoss)).size >= 4, "the policies differ");
  assert.deepEqual(out.opened, out.ranked, "the statistics come back with the head");
  assert.match((await checked(t, Buffer.from(out.zip, "base64"))).said, /All checks passed/);
  assert.match((await checked(t, Buffer.from(out.tfjs, "base64"))).said, /All checks passed/);
  const inside = unzipSync(Buffer.from(out.zip, "base64"));
  assert.match(Buffer.from(inside["headstart-model/README.md"]).toString(), /other BatchNorm statistics/);
  assertQuiet();
});

test("without changed views stored statistics give each epoch the same rows, with them new ones", async (t) => {
  const { page, assertQuiet } = await openTrainer(t);
  const out = await page.evaluate(async () => {
    const { start, fit } = globalThis;
    const { trainer } = await start();
    const runs = [];
    for (const options of [{}, { augment: {} }, { augment: {} }, { augment: {}, batchNorm: { policy: "reestimated" } }, { augment: {}, batchNorm: { policy: "batch" } }, { patience: 1, epochs: 20, learningRate: 0.5 }]) {
      runs.push(await fit(trainer, options));
    }
    /** @type {[number, number][]} */
    const images = [];
    const stop = new AbortController();
    const onImages = (/** @type {number} */ done, /** @type {number} */ total) => void images.push([done, total]);
    const before = await trainer.evaluate();
    const running = trainer.fit({ input: "images", augment: {}, epochs: 50, signal: stop.signal, onImages });
    await running.next();
    const busy = await trainer.evaluate().catch((/** @type {any} */ error) => error.code);
    trainer.pause();
    trainer.resume();
    stop.abort();
    let ended;
    for (ended = await running.next(); !ended.done; ended = await running.next());
    const early = new AbortController();
    const unbegun = trainer.fit({ input: "images", augment: {}, signal: early.signal, onImages: () => early.abort() });
    const none = await unbegun.next();
    const after = await trainer.evaluate();
    trainer.free();
    return { runs, images, busy, ended: ended.value, none: none.value, before: before.bestEpoch, after: after.bestEpoch };
  });
  for (const epochs of out.runs) assert.ok(Array.isArray(epochs), String(epochs));
  const losses = (/** @type {any[]} */ epochs) => epochs.map(({ loss }) => loss);
  assert.deepEqual(losses(out.runs[1]), losses(out.runs[2]), "the same by the same seed");
  assert.notDeepEqual(losses(out.runs[0]), losses(out.runs[1]));
  assert.ok(out.runs[5].length < 20, "patience ends it");
  assert.ok(out.images.length > 0 && out.images.every(([done, total]) => done <= total));
  assert.equal(out.busy, "busy");
  assert.ok(out.ended.stopped && out.ended.bestEpoch >= 1);
  assert.deepEqual(out.none, { bestEpoch: 0, stopped: true }, "stopped before the first epoch");
  assert.equal(out.after, out.ended.bestEpoch, "and the head of before stays");
  assertQuiet();
});

test("what can't be trained on images is refused by name, and the head of before stays", async (t) => {
  const { page, assertQuiet } = await openTrainer(t);
  const out = await page.evaluate(async () => {
    const { start, fit, file } = globalThis;
    const { trainer } = await start({ project: "input" });
    await fit(trainer, { input: "features", epochs: 1 });
    const before = await trainer.predict(file("rings-1"));
    const refused = [];
    for (const options of [
      { batchNorm: { policy: "batch" }, batchSize: 1 },
      { batchNorm: { policy: "batch", validationPolicy: "batch" } },
      { batchNorm: { policy: "frozen" } },
      { input: "pictures" },
      { input: "features", batchNorm: { policy: "updated" } },
      { hidden: [9, 9, 9, 9], head: "mlp" },
      { hidden: [5000], head: "mlp" },
      { input: "features", hidden: [0], head: "mlp" },
      { input: "features", dropout: [2] },
    ]) refused.push(await fit(trainer, options));
    for (const call of ["fitMany", "crossValidate", "learningCurve"]) {
      const given = call === "fitMany" ? [{ input: "images" }] : { input: "images" };
      refused.push(await trainer[call](given).catch((/** @type {any} */ error) => `${error.code}: ${error.message}`));
    }
    const after = await trainer.predict(file("rings-1"));
    await trainer.flush();
    const whole = await trainer.export("project", { images: false });
    const { id } = await trainer.projects.import(new File([whole], "rows.headstart"));
    await trainer.close();
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const other = await Trainer.create({ device: "cpu", workers: 1, project: { id } });
    const noFile = await fit(other, {});
    await other.close();
    return { refused, before, after, noFile };
  });
  const sentences = [
    /^batch-of-one: .*at layer “.*Choose a batch size of 2 or more/,
    /^wrong-option: A head that is validated by the statistics of a batch can't classify one image/,
    /^wrong-option: policy is “frozen”, but it takes stored, batch, updated, reestimated/,
    /^wrong-option: The input is “pictures”/,
    /^wrong-option: Features are computed once/,
    /^wrong-option: The number of hidden layers is 4, but it takes a number from 1 to 3/,
    /^wrong-option: The width of a hidden layer is 5000/,
    /^wrong-option: The width of a hidden layer is 0/,
    /^wrong-option: dropout is 2/,
    ...Array(3).fill(/^wrong-option: Several heads are trained on features/),
  ];
  sentences.forEach((sentence, i) => assert.match(String(out.refused[i]), sentence));
  assert.deepEqual(out.after, out.before);
  assert.match(String(out.noFile), /^no-file: The files of 20 images, such as “.*” are not here, only features/);
  assertQuiet();
});

test("on the page: the failure is trained, told with the result, and a run that was killed leaves the head of before", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 10 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=3&batchSize=8", webgpu: false });
  await addFolder(page, folder);
  await page.locator("summary", { hasText: "Options" }).click();
  const input = page.getByRole("combobox", { name: /Trained on/ });
  assert.equal(await page.getByRole("combobox", { name: "BatchNorm in training" }).count(), 0, "what does not matter is not shown");
  await input.selectOption({ label: "Images, in every epoch" });
  await drawn(page);
  await page.getByText("begins anew if the page is closed").waitFor();
  await page.getByRole("combobox", { name: "BatchNorm in training" }).selectOption({ label: "Statistics of each batch" });
  await page.getByText("is the failure that the lesson tells of").waitFor();
  await drawn(page);
  const run = await train(page);
  assert.deepEqual([run.options.input, run.policy, run.validationPolicy], ["images", "batch", "stored"]);
  assert.match((await page.getByTestId("run-settings").textContent()) ?? "", /on images, trained by statistics of each batch/);
  assert.match((await page.getByTestId("run-statistics").textContent()) ?? "", /learnt by statistics of each batch and was validated by stored statistics/);
  await page.getByRole("combobox", { name: "BatchNorm in training" }).selectOption({ label: "Re-estimated once on all training images" });
  await drawn(page);
  await page.getByRole("button", { name: "Train again" }).click();
  await page.getByTestId("run-statistics").getByText("Predictions and exports of this head go by re-estimated statistics").waitFor();
  await waitForState(page, "trained");
  const shown = await page.getByTestId("val-accuracy").textContent();
  await page.getByText("Saved on this device").waitFor();

  await page.reload();
  await waitForState(page, "trained");
  assert.equal(await page.getByTestId("val-accuracy").textContent(), shown, "judged by the same rows after the page was closed");
  await page.locator("summary", { hasText: "Options" }).click();
  await page.getByRole("spinbutton", { name: "Epochs", exact: true }).fill("500");
  await page.getByRole("checkbox", { name: /augmentation/ }).check();
  await drawn(page);
  await page.getByRole("button", { name: "Train again" }).click();
  await page.getByTestId("progress").getByText(/through the network$/).waitFor();
  await page.reload();
  await waitForState(page, "trained");
  assert.equal(await page.getByTestId("val-accuracy").textContent(), shown);
  assert.equal(await page.getByRole("button", { name: "Go on" }).count(), 0);
  assertQuiet();
});
