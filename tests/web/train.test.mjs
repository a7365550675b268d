// The main job as a person does it: a folder in, train, curves, confusion, predict. On both devices.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, canTest, openPage, train, waitForState } from "./site.mjs";

const EPOCHS = 4;
const EACH = { cpu: 10, webgpu: 5 }; // a software adapter takes seconds for an image

for (const device of /** @type {const} */ (["cpu", "webgpu"])) {
  test(`from a folder to a prediction, ${device}`, async (t) => {
    if (!(await canTest(t, device))) return;
    const { folder, labels } = await pictureFolder(t, { classes: 3, each: EACH[device] });
    const { page, assertQuiet } = await openPage(t, { path: `?device=${device}&epochs=${EPOCHS}` });

    await addFolder(page, folder);
    await page.waitForFunction((count) => document.querySelectorAll("[data-testid=classes] img").length === count, 3 * EACH[device]);
    const run = await train(page);

    await t.test("the run says what happened", () => {
      assert.equal(run.device, device);
      assert.equal(run.images, 3 * EACH[device]);
      assert.equal(run.rejected, 0);
      assert.deepEqual(run.classes, labels);
      assert.equal(run.train + run.validation, run.images);
    });
    await t.test("curves have one point an epoch", async () => {
      assert.deepEqual(run.epochs.map((/** @type {{epoch: number}} */ e) => e.epoch), [1, 2, 3, 4]);
      assert.ok(run.epochs.every((/** @type {{loss: number, valLoss: number}} */ e) => Number.isFinite(e.loss) && Number.isFinite(e.valLoss)));
      assert.ok(run.epochs.at(-1).loss < run.epochs[0].loss, "the head learns");
      assert.equal(await page.getByTestId("history").locator("tbody tr").count(), EPOCHS);
      assert.ok(await page.getByTestId("curves").locator("canvas").first().isVisible());
    });
    await t.test("the confusion matrix counts each validation image once", async () => {
      const cells = await page.getByTestId("confusion").locator("tbody td").allTextContents();
      assert.equal(cells.length, 9);
      assert.equal(cells.reduce((sum, text) => sum + Number(text), 0), run.validation);
      assert.match((await page.getByTestId("val-accuracy").textContent()) ?? "", /%.*between.*%.*and.*%/s);
    });
    await t.test("a picture is classified, best class first", async () => {
      const [file] = await readdir(join(folder, labels[1]));
      await page.getByTestId("predict-input").setInputFiles(join(folder, labels[1], file));
      const bars = page.getByTestId("prediction").locator("li");
      await bars.first().waitFor();
      assert.equal(await bars.count(), 3);
      assert.match((await bars.first().textContent()) ?? "", new RegExp(labels[1]));
    });
    await t.test("the layers' table has a frozen backbone and a head", async () => {
      const text = (await page.getByTestId("summary").textContent()) ?? "";
      assert.match(text, /1,280/);
      assert.match(text, /3,41\d,\d{3}|3,37\d,\d{3}/, "EfficientNet-Lite0 has 3.4 million parameters");
    });
    assertQuiet();
  });
}

test("the page answers while it trains", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 3, each: 20 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=60" });
  await addFolder(page, folder);
  await page.evaluate(() => {
    const period = 50;
    let due = performance.now() + period;
    setInterval(() => {
      const now = performance.now();
      if (document.documentElement.dataset.state === "training") window.late.push(now - due);
      due = now + period;
    }, period);
  });
  // A busy machine can hold a timer up; a page that blocks holds it up every time.
  let latest = Infinity;
  for (let attempt = 1; attempt <= 3 && latest > 200; attempt++) {
    await page.evaluate(() => void (window.late = []));
    const { trainSeconds } = await train(page);
    const late = await page.evaluate(() => window.late);
    assert.ok(late.length > 5, `training was too short to tell: ${late.length} ticks`);
    latest = Math.max(...late);
    t.diagnostic(`${late.length} ticks in ${trainSeconds.toFixed(2)} s, the latest ${latest.toFixed(0)} ms late`);
  }
  assert.ok(latest <= 200, `a 50 ms timer was ${latest} ms late`);
  assertQuiet();
});

test("training can be paused, gone on with and stopped", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 10 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=1000" });
  const rows = page.getByTestId("history").locator("tbody tr");
  await addFolder(page, folder);
  await page.getByTestId("train").click();
  await rows.nth(1).waitFor({ state: "attached" });
  await page.getByTestId("pause").click();
  await page.getByTestId("resume").waitFor();
  const paused = await settled(() => rows.count());
  await page.getByTestId("resume").click();
  await rows.nth(paused).waitFor({ state: "attached" });
  await page.getByTestId("stop").click();
  await waitForState(page, "trained");
  const { epochs } = JSON.parse((await page.getByTestId("run").textContent()) ?? "");
  assert.ok(epochs.length > paused && epochs.length < 1000, `stopped after ${epochs.length} epochs`);
  assertQuiet();
});

/** The value once it has been the same five times. @param {() => Promise<number>} read */
async function settled(read) {
  let value = await read();
  for (let same = 0; same < 5; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const next = await read();
    same = next === value ? same + 1 : 0;
    value = next;
  }
  return value;
}

test("the page runs under a sub-path, from generated pictures to results", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, site, assertQuiet } = await openPage(t, { base: "/some/where/", path: "?device=cpu&epochs=2" });
  assert.match(site.url, /\/some\/where\/$/);
  await addFolder(page, folder);
  const run = await train(page);
  assert.equal(run.epochs.length, 2);
  assertQuiet();
});
