// What keeps the page's answers honest, as a person sees it: near-duplicates, the sides of the split, reliability, review.
import assert from "node:assert/strict";
import { cp, mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { emptyFolder, namedPatterns, pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

const DATA = process.env.HEADSTART_DATA;

test("sides, reliability and baseline are shown after training, and a label is put right by one click", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 20 });
  const [file] = await readdir(join(folder, labels[0]));
  await rename(join(folder, labels[0], file), join(folder, labels[1], "planted.jpg"));
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=5" });
  await addFolder(page, folder);
  assert.equal(await page.locator("li[data-side]").count(), 0, "no side before training");
  const run = await train(page);
  for (const label of labels) await page.getByRole("region", { name: label, exact: true }).getByRole("button", { name: /^Show all/ }).click();
  await page.waitForFunction((count) => document.querySelectorAll("li[data-side]").length === count, run.images);
  assert.equal(await page.locator("li[data-side=validation]").count(), run.validation);
  assert.ok(await page.getByText("held back for validation trained on").isVisible());

  const reliability = page.getByTestId("reliability");
  assert.match((await reliability.textContent()) ?? "", /points off.*temperature \d/s);
  const counts = await reliability.locator("tbody td:last-child").allTextContents();
  assert.equal(counts.reduce((sum, text) => sum + parseInt(text), 0), run.validation);

  await page.getByRole("button", { name: "Find out" }).click();
  const bars = page.getByTestId("learning").getByRole("listitem");
  await bars.filter({ hasText: `${run.train} images` }).waitFor();
  await waitForState(page, "trained");
  assert.ok((await bars.count()) >= 4);
  assert.match((await bars.last().textContent()) ?? "", /%.*to.*%/);

  await page.getByRole("button", { name: "Look for wrong labels" }).click();
  const row = page.getByTestId("review").getByRole("listitem").filter({ has: page.getByAltText("planted.jpg") }).first();
  await row.getByRole("button", { name: `Change to ${labels[0]}` }).click();
  await page.waitForFunction((seconds) => {
    const told = document.querySelector("[data-testid=run]")?.textContent;
    return told && JSON.parse(told).trainSeconds !== seconds;
  }, run.trainSeconds);
  const right = page.getByTestId("classes").getByRole("region", { name: labels[0] });
  await right.scrollIntoViewIfNeeded(); // tiles far from what is seen are not in the document
  await right.getByAltText("planted.jpg").waitFor({ state: "attached" });
  const again = JSON.parse((await page.getByTestId("run").textContent()) ?? "");
  assert.deepEqual([again.train, again.validation], [run.train, run.validation], "the split stays");
  assertQuiet();
});

test("near-duplicates are told and named", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const folder = join(await emptyFolder(t), "pictures");
  await mkdir(folder);
  for (const label of ["one", "two"]) await cp(join(DATA ?? "", "bad/duplicates", label), join(folder, label), { recursive: true });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await addFolder(page, folder);
  await page.getByText("7 near-duplicates in 1 group, kept on one side of the split.").waitFor();
  assert.match((await page.getByTestId("checks").textContent()) ?? "", /a-again\.jpg.*same image as.*a\.jpg.*one image, two labels/);
  await page.getByAltText("c-cropped.jpg").click();
  assert.match((await page.getByRole("dialog").textContent()) ?? "", /It looks like (a|b-reencoded)\.jpg, so both are on one side\./);
  assertQuiet();
});

test("the API tells groups, doubts and a learning curve", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const pictures = namedPatterns(10);
  const out = await page.evaluate(async (pictures) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const trainer = await Trainer.create({ device: "cpu", workers: 1 });
    await trainer.addImages(pictures.map(({ base64, ...rest }) => ({ ...rest, bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) })));
    /** @type {any[]} */
    const [shares, points] = [[], []];
    const doubts = await trainer.review({ onShare: (/** @type {number} */ done) => shares.push(done) });
    const curve = await trainer.learningCurve({ head: "linear", epochs: 3, onPoint: (/** @type {any} */ point) => points.push(point) });
    const stop = new AbortController();
    const stopped = await trainer.review({ signal: stop.signal, onShare: () => stop.abort() }).catch((/** @type {any} */ error) => error.name);
    const groups = await trainer.groups();
    trainer.free();
    return { doubts, shares, curve, points, stopped, groups, count: pictures.length };
  }, pictures);
  assert.equal(out.doubts.length, out.count);
  assert.ok(out.doubts.every((doubt, at) => at === 0 || doubt.score <= out.doubts[at - 1].score));
  assert.deepEqual(out.shares.at(-1), 1);
  assert.deepEqual(out.curve, out.points);
  assert.ok(out.curve.length > 1 && out.curve.every((point, at) => at === 0 || point.images > out.curve[at - 1].images));
  assert.equal(out.stopped, "AbortError");
  assert.ok(Array.isArray(out.groups));
  assertQuiet();
});
