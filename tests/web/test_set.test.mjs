// The untouched test set, as a person uses it: set aside, left alone, opened once, marked as used, kept.
import assert from "node:assert/strict";
import { cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { emptyFolder, pictureFolder } from "./pictures.mjs";
import { addFolder, drawn, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** Names of the images that are marked as the test set. @param {Page} page @param {string[]} labels */
async function aside(page, labels) {
  for (const label of labels) {
    const all = page.getByRole("region", { name: label, exact: true }).getByRole("button", { name: /^Show all/ });
    if (await all.isVisible()) await all.click();
  }
  await drawn(page);
  return (await page.locator('li[data-side="test"] img').evaluateAll((images) => images.map((image) => /** @type {HTMLImageElement} */ (image).alt))).sort();
}

test("a test set is set aside, left alone, opened once, and kept as used", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 20 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=4&project=tested" });
  await addFolder(page, folder);
  await page.locator("summary", { hasText: "Test set" }).click();
  const part = page.getByRole("group").filter({ hasText: "Test set" }).last();

  await t.test("a share that can't be is told beside the field", async () => {
    await part.getByRole("spinbutton", { name: /Share of the images/ }).fill("80");
    await part.getByRole("button", { name: "Set aside" }).click();
    await page.getByRole("alert").filter({ hasText: "Enter a whole number from 5 to 50." }).waitFor();
  });

  await part.getByRole("spinbutton", { name: /Share of the images/ }).fill("30");
  await part.getByRole("button", { name: "Set aside" }).click();
  await part.getByText(/images are set aside \(30 %\)/).waitFor();
  assert.ok(await part.getByRole("button", { name: "Open the test set" }).isDisabled(), "there is nothing to judge yet");
  const first = await aside(page, labels);
  assert.ok(first.length >= 4 && first.length <= 20, `${first.length}`);

  const run = await train(page);
  assert.equal(run.train + run.validation, 40 - first.length, "they are neither trained nor validated on");
  assert.deepEqual(await aside(page, labels), first);

  await t.test("folds, review and learning curve leave it alone", async () => {
    await page.getByRole("button", { name: "Cross-validate" }).click();
    await page.getByTestId("folds").getByText(`of ${40 - first.length} images were called right`).waitFor();
    await waitForState(page, "trained");
    await page.getByRole("button", { name: "Find out" }).click();
    await page.getByTestId("learning").getByRole("listitem").filter({ hasText: `${run.train} images` }).waitFor();
    await waitForState(page, "trained");
  });

  await t.test("more images move none", async () => {
    const more = join(await emptyFolder(t), "more");
    for (const [at, label] of labels.entries()) {
      await mkdir(join(more, label), { recursive: true });
      // Another class's pictures do: only their bytes matter here.
      const from = join(folder, labels[1 - at]);
      for (const file of (await readdir(from)).slice(0, 10)) await cp(join(from, file), join(more, label, `more-${file}`));
    }
    await addFolder(page, more);
    await page.getByTestId("test-set-note").filter({ hasText: "set aside" }).waitFor();
    await drawn(page);
    const now = await aside(page, labels);
    assert.deepEqual(now.filter((name) => !name.startsWith("more-")), first);
  });

  const again = await train(page);
  const count = (await aside(page, labels)).length;
  await part.getByRole("button", { name: "Open the test set" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.ok(await page.getByTestId("test-set-result").isHidden(), "a question comes first");
  await part.getByRole("button", { name: "Open the test set" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Open it" }).click();
  const result = page.getByTestId("test-set-result");
  await result.waitFor();
  const said = (await result.textContent()) ?? "";
  assert.match(said, new RegExp(`opened \\d+ \\w+ \\d{4}: .* of ${count} images that nothing had looked at, between .* Validation had said`));
  assert.doesNotMatch(said, /no longer untouched/);
  assert.ok(await part.getByRole("button", { name: "Open the test set" }).isHidden(), "once");

  await t.test("another training is told", async () => {
    const third = await train(page);
    assert.equal(third.train, again.train, "they stay set aside");
    await result.getByText("You have trained once since.").waitFor();
    assert.match((await result.textContent()) ?? "", /no longer untouched/);
  });

  await t.test("it is there after the page was closed", async () => {
    await page.getByText("Saved on this device").waitFor();
    await page.reload();
    await waitForState(page, "trained");
    await result.getByText("You have trained once since.").waitFor();
    assert.equal((await aside(page, labels)).length, count);
    assert.ok(await page.getByTestId("stale").isHidden());
  });

  await t.test("and it can be trained on, but not opened again", async () => {
    await page.locator("summary", { hasText: "Test set" }).click();
    await part.getByRole("button", { name: "Train on them too" }).click();
    await part.getByText("Its images are trained on again.").waitFor();
    assert.deepEqual(await aside(page, labels), []);
    assert.ok(await part.getByRole("button", { name: "Set aside" }).isHidden());
  });
  assertQuiet();
});

test("the API refuses what would not be honest, and a project file keeps what was said", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 12 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&project=none" });
  await addFolder(page, folder);
  const out = await page.evaluate(async () => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const code = (/** @type {any} */ error) => error.code;
    const trainer = await Trainer.create({ device: "cpu", workers: 1, project: "api" });
    /** @type {any[]} */
    const sources = [];
    for (const label of ["a", "b"]) {
      for (let n = 0; n < 12; n++) {
        const canvas = new OffscreenCanvas(64, 64);
        const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
        for (let k = 0; k < 40; k++) {
          context.fillStyle = `hsl(${(label === "a" ? 0 : 180) + 7 * n} 80% ${20 + k}%)`;
          context.fillRect((k * 37 * (n + 1)) % 64, (k * 53 + 11 * n) % 64, 5 + n, 7);
        }
        sources.push({ name: `${label}${n}.png`, label, bytes: new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer()) });
      }
    }
    await trainer.addImages(sources);
    const none = await trainer.testSet.open().catch(code);
    const wrong = await trainer.testSet.setAside(0.8).catch(code);
    for await (const _ of trainer.fit({ epochs: 1 }));
    const set = await trainer.testSet.setAside(0.3);
    const seen = await trainer.testSet.open().catch(code);
    for await (const _ of trainer.fit({ epochs: 2, seed: 9 }));
    const report = await trainer.evaluate();
    const reviewed = (await trainer.review()).map((/** @type {any} */ { id }) => id);
    const crossed = await trainer.crossValidate({ epochs: 1, folds: 3, head: "linear" });
    const opened = await trainer.testSet.open();
    const twice = await trainer.testSet.open().catch(code);
    const file = await trainer.export("project");
    const entry = await trainer.projects.import(file);
    await trainer.close();
    const other = await Trainer.create({ device: "cpu", workers: 1, project: { id: entry.id } });
    const there = await other.testSet.state();
    for await (const _ of other.fit({ epochs: 1 }));
    const after = await other.testSet.state();
    other.free();
    const ids = report.images.map((/** @type {any} */ image) => image.id).concat(report.trainIds);
    return { none, wrong, set, seen, ids, reviewed, total: crossed.confusion.flat().reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0), opened, twice, there, after };
  });
  assert.deepEqual([out.none, out.wrong, out.seen, out.twice], ["no-test-set", "wrong-option", "test-set-seen", "test-set-opened"]);
  const ids = new Set(out.set.ids);
  assert.ok(ids.size >= 2);
  for (const others of [out.ids, out.reviewed]) {
    assert.equal(others.length, 24 - ids.size);
    assert.ok(others.every((/** @type {number} */ id) => !ids.has(id)));
  }
  assert.equal(out.total, 24 - ids.size);
  assert.equal(out.opened.opened.images, ids.size);
  assert.equal(out.opened.opened.confusion.flat().reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0), ids.size);
  assert.deepEqual(out.there, out.opened);
  assert.equal(out.after.opened.trainingsSince, 1);
  assertQuiet();
});
