// What a kept project holds besides its images: what each network computed, near-duplicates, classes that became one.
import assert from "node:assert/strict";
import { copyFile, cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { flush, headOf, keysOf, openBeside, rename, shown, waitForSaved } from "./kept.mjs";
import { DATA, emptyFolder, pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const CPU = "?device=cpu&epochs=4";

test("another network takes a kept project over, and what each has computed stays", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, site, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  await train(page);
  await waitForSaved(page);
  const [before, head] = [await shown(page), await headOf(page)];
  const rows = await keysOf(page, "rows");
  await page.locator("#backbone > summary").click();

  const junk = join(await emptyFolder(t), "junk.pth");
  await writeFile(junk, Buffer.alloc(5000, 7));
  await page.getByTestId("weights-files").setInputFiles(junk);
  await page.getByTestId("error").getByText("The network of before stays in use.").waitFor();
  assert.equal(await headOf(page), head, "the head of before is there");

  const model = join(DATA ?? "", "tm-mobilenet");
  await page.getByTestId("weights-files").setInputFiles([join(model, "model.json"), join(model, "weights.bin")]);
  await page.waitForFunction(() => document.querySelector("#backbone-name")?.textContent?.startsWith("mobilenet"));
  await waitForState(page, "ready");
  await waitForSaved(page);
  assert.deepEqual(await shown(page), before);
  assert.equal((await keysOf(page, "images")).length, 12, "no image is there twice");
  const added = (await keysOf(page, "rows")).filter((key) => !rows.some((row) => row.join() === key.join()));
  assert.deepEqual([added.length, new Set(added.map((key) => key[1])).size], [12, 1], "rows by the hash of these weights");
  assert.notEqual(added[0][1], rows[0][1]);
  assert.equal((await train(page)).images, 12);

  const other = await openBeside(page, site.url + CPU);
  await other.getByText("This project is open in another tab").first().waitFor();
  await other.close();

  await page.getByTestId("weights-reset").click();
  await waitForBuiltIn(page);
  await waitForState(page, "trained");
  assert.equal(await headOf(page), head, "its head is back");
  assert.equal(JSON.parse((await page.getByTestId("run").textContent()) ?? "").featureSeconds, 0, "no backbone ran");
  await rename(page, "another name");
  await page.evaluate(flush);
  assert.deepEqual((await keysOf(page, "parts")).map((key) => key[1].split(" ")[0]).sort(), ["head", "network", "network", "saved"], "no head has the old name");

  await page.reload();
  await waitForState(page, "trained");
  assert.deepEqual(await shown(page), { ...before, classes: ["another name", before.classes[1]] });
  assertQuiet();
});

/** @param {Page} page */
const waitForBuiltIn = (page) => page.waitForFunction(() => document.querySelector("#backbone-name")?.textContent === "efficientnet-lite0");

test("near-duplicates stay together after a reload, and a label that was put right stays right", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const folder = join(await emptyFolder(t), "pictures");
  await mkdir(folder);
  for (const label of ["one", "two"]) await cp(join(DATA ?? "", "bad/duplicates", label), join(folder, label), { recursive: true });
  const { page, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  await page.getByText("7 near-duplicates in 1 group").waitFor();
  await waitForSaved(page);
  await page.reload();
  await page.getByText("7 near-duplicates in 1 group").waitFor();
  await page.getByAltText("c-cropped.jpg").click();
  assert.match((await page.getByRole("dialog").textContent()) ?? "", /It looks like (a|b-reencoded)\.jpg, so both are on one side\./);
  await page.keyboard.press("Escape");

  const inOne = (/** @type {Page} */ page) => page.getByTestId("classes").getByRole("region", { name: "one" }).locator("img").count();
  const [before, found] = [await inOne(page), await groupsOf(page)];
  await page.evaluate(async ([id, gone]) => {
    const { currentTrainer } = await import(new URL("page/session.js", location.href).href);
    await currentTrainer().relabel(id, "two");
    await currentTrainer().removeImages([gone]);
    await currentTrainer().flush();
  }, found[0]);
  await page.reload();
  await page.getByText("6 near-duplicates in 1 group").waitFor();
  assert.deepEqual(await groupsOf(page), [found[0].filter((id) => id !== found[0][1])]);
  assert.ok((await inOne(page)) < before);
  assertQuiet();
});

/** @param {Page} page @returns {Promise<number[][]>} */
const groupsOf = (page) => page.evaluate(async () => {
  const { currentTrainer } = await import(new URL("page/session.js", location.href).href);
  return currentTrainer().groups();
});

test("two classes that became one come back, even with the same file in both", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 4 });
  const [file] = await readdir(join(folder, labels[0]));
  await copyFile(join(folder, labels[0], file), join(folder, labels[1], `copy of ${file}`));
  const { page, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  const before = await shown(page);
  await rename(page, before.classes[1]);
  await page.getByRole("button", { name: "Merge" }).click();
  await page.waitForFunction(() => /^9 images · 1 class$/.test(document.getElementById("tally")?.textContent ?? ""));
  await page.evaluate(flush);
  await page.reload();
  await waitForState(page, "ready");
  assert.equal((await shown(page)).tally, "9 images · 1 class");
  assertQuiet();
});
