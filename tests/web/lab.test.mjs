// The BatchNorm lab by the API, on pictures drawn here: its events, its figures, stopping it, and what it refuses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pattern } from "./pictures.mjs";
import { openPage } from "./site.mjs";

/** A page with a trainer to which two classes of twelve pictures were added. @param {import("node:test").TestContext} t */
async function openLab(t) {
  const opened = await openPage(t, { path: "LICENSE-MIT.txt", webgpu: false });
  const pictures = Object.fromEntries(["rings", "stripes"].flatMap((label) =>
    Array.from({ length: 12 }, (_, n) => [`${label}-${n}`, pattern(label, n).toString("base64")])));
  await opened.page.evaluate(async (pictures) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const trainer = await Trainer.create({ device: "cpu", workers: 2 });
    const bytes = (/** @type {string} */ name) => Uint8Array.from(atob(pictures[name]), (char) => char.charCodeAt(0));
    const all = Object.keys(pictures).map((name) => ({ bytes: bytes(name), name, label: name.split("-")[0] }));
    const { accepted } = await trainer.addImages(all);
    Object.assign(globalThis, { trainer, accepted });
  }, pictures);
  return opened;
}

test("policies run side by side, and the same again by the same seed", async (t) => {
  const { page, assertQuiet } = await openLab(t);
  const out = await page.evaluate(async () => {
    const { trainer, accepted } = globalThis;
    const policies = ["stored", "batch", { policy: "updated", momentum: 0.99 }, "reestimated", { policy: "batch", validationPolicy: "reestimated" }];
    const options = { policies, head: "linear", epochs: 2, seed: 3, batchSize: 8 };
    const runs = [];
    for (let n = 0; n < 2; n++) {
      const events = [];
      for await (const event of trainer.lab(options)) events.push(event);
      runs.push(events);
    }
    const busy = trainer.lab({ ...options, epochs: 50 });
    await busy.next();
    const refused = await trainer.checks().catch((/** @type {any} */ error) => error.code);
    await busy.return();
    const afterwards = await trainer.checks();
    return { runs, refused, afterwards, ids: accepted.map((/** @type {any} */ image) => image.id) };
  });
  const [events, again] = out.runs;
  const { result } = events.at(-1);
  assert.equal(events.at(-1).type, "done");
  assert.equal(result.stopped, false);
  assert.deepEqual(result.runs.map((/** @type {any} */ run) => [run.policy, run.validationPolicy]),
    [["stored", "stored"], ["batch", "stored"], ["updated", "updated"], ["reestimated", "reestimated"], ["batch", "reestimated"]]);
  const epochs = events.filter((/** @type {any} */ event) => event.type === "epoch");
  assert.equal(epochs.length, 10);
  for (const { epoch } of epochs) assert.ok(epoch.accuracy >= 0 && epoch.accuracy <= 1 && Number.isFinite(epoch.valLoss));
  const moved = result.runs[2].epochs[1];
  assert.ok(moved.updates >= 4 && Math.abs(moved.come - (1 - 0.99 ** moved.updates)) < 0.05, JSON.stringify(moved));
  const { inside } = events.find((/** @type {any} */ event) => event.type === "inside");
  assert.equal(inside.layers.length, 49);
  for (const { distance, noise } of inside.layers) assert.ok(distance >= 0 && noise >= 0);
  const { images, classes, stored, batch, labels } = inside.projection;
  assert.deepEqual(labels, ["rings", "stripes"]);
  assert.deepEqual([classes.length, stored.length, batch.length], Array(3).fill(images.length));
  assert.ok(images.every((/** @type {number} */ id) => out.ids.includes(id)));
  assert.equal(result.sentences.length, 3);
  const progress = events.filter((/** @type {any} */ event) => event.type === "progress");
  assert.ok(progress.length > 0 && progress.every((/** @type {any} */ event) => event.done <= event.total));
  const figures = (/** @type {any[]} */ all) => all.filter(({ type }) => type === "epoch")
    .map(({ run, epoch: { seconds: _, ...epoch }, come }) => ({ run, epoch, come }));
  assert.deepEqual(figures(again), figures(events));
  assert.equal(out.refused, "busy");
  assert.deepEqual(out.afterwards, []);
  assertQuiet();
});

test("a run can be stopped, and what it has found stays", async (t) => {
  const { page, assertQuiet } = await openLab(t);
  const out = await page.evaluate(async () => {
    const stop = new AbortController();
    const events = [];
    for await (const event of globalThis.trainer.lab({ policies: ["batch"], head: "linear", epochs: 500, batchSize: 8, shuffles: 1, signal: stop.signal })) {
      events.push(event);
      if (event.type === "epoch" && event.epoch.epoch === 3) stop.abort();
    }
    return events.at(-1);
  });
  assert.equal(out.type, "done");
  assert.equal(out.result.stopped, true);
  assert.ok(out.result.runs[0].epochs.length >= 3 && out.result.runs[0].epochs.length < 500);
  assertQuiet();
});

test("a batch of one image is refused in words", async (t) => {
  const { page, assertQuiet } = await openLab(t);
  const { code, message } = await page.evaluate(() =>
    globalThis.trainer.lab({ policies: ["batch"], batchSize: 1 }).next().catch((/** @type {any} */ { code, message }) => ({ code, message })));
  assert.equal(code, "batch-of-one");
  assert.match(message, /batch of one image.*Choose a batch size of 2 or more/);
  assertQuiet();
});
