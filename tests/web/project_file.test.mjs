// A project as one file, and the list of projects: what is saved comes back, what is damaged changes nothing.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { headOf } from "./kept.mjs";
import { emptyFolder, pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** Saves the project as a person does. @param {Page} page @param {string} path @param {boolean} [images] */
async function saveProject(page, path, images = true) {
  await page.getByTestId("projects").click();
  await page.getByTestId("project-file-images").setChecked(images);
  const download = page.waitForEvent("download");
  await page.getByTestId("project-save").click();
  await (await download).saveAs(path);
  await page.getByRole("button", { name: "Close" }).click();
  return readFile(path);
}

/** @param {Page} page @param {string} path */
async function takeProject(page, path) {
  await page.getByTestId("projects").click();
  await page.getByTestId("project-take").setInputFiles(path);
}

test("a project file holds everything, is the same each time, and is checked before it is taken in", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 5 });
  const out = await emptyFolder(t);
  const path = "?device=cpu&epochs=3";
  const { page, browser, site, assertQuiet } = await openPage(t, { path, forgive: /damaged/ });
  await addFolder(page, folder);
  await train(page);
  const first = await saveProject(page, join(out, "one.headstart"));
  const second = await saveProject(page, join(out, "two.headstart"));
  assert.ok(first.equals(second), "saved twice, the same bytes");
  const small = await saveProject(page, join(out, "small.headstart"), false);
  assert.ok(small.length < first.length);

  const elsewhere = await (await browser.newContext()).newPage();
  elsewhere.setDefaultTimeout(25_000);
  await elsewhere.goto(site.url + path);
  await waitForState(elsewhere, "ready");
  await takeProject(elsewhere, join(out, "one.headstart"));
  await waitForState(elsewhere, "trained");
  assert.equal(await headOf(elsewhere), await headOf(page));
  assert.equal(await elsewhere.getByTestId("history").locator("tbody tr").count(), 3);
  assert.ok((await saveProject(elsewhere, join(out, "three.headstart"))).equals(first), "out, in and out again");

  const flipped = (/** @type {number} */ place) => Buffer.from(first).fill(first[place] ^ 0x5a, place, place + 1);
  const [half, third] = [2, 3].map((part) => Math.floor(first.length / part));
  const wrong = [flipped(60), flipped(half), flipped(third), first.subarray(0, half), first.subarray(0, -30), Buffer.from("no zip")];
  for (const [at, damaged] of wrong.entries()) {
    await writeFile(join(out, `damaged-${at}.headstart`), damaged);
    await takeProject(elsewhere, join(out, `damaged-${at}.headstart`));
    await elsewhere.getByTestId("error").getByText("not a whole project file").waitFor();
    await elsewhere.getByTestId("error").getByRole("button", { name: "Dismiss" }).click();
  }
  await elsewhere.getByTestId("projects").click();
  assert.equal(await elsewhere.getByTestId("project-list").locator("li").count(), 1, "no project came of them");
  assertQuiet();
});

test("projects are renamed, duplicated, deleted and brought back", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 4 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=3" });
  await addFolder(page, folder);
  const list = page.getByTestId("project-list");
  const hostile = "<img src=x onerror=alert(1)>";
  await page.getByTestId("projects").click();
  await list.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Project name").fill(hostile);
  await page.getByLabel("Project name").press("Enter");
  await list.getByText(hostile, { exact: true }).waitFor();
  await list.getByRole("button", { name: "Duplicate" }).click();
  await list.getByText(`${hostile} (copy)`).waitFor();
  await list.getByRole("button", { name: `Open ${hostile} (copy)` }).click();
  await waitForState(page, "ready");
  await page.waitForFunction(() => /^8 images/.test(document.getElementById("tally")?.textContent ?? ""));

  await page.getByTestId("projects").click();
  await list.getByRole("button", { name: `Delete ${hostile} (copy)` }).click();
  await page.getByTestId("notice").getByText("was deleted").waitFor();
  await waitForState(page, "ready");
  await page.getByTestId("projects").filter({ hasText: /onerror=alert\(1\)>$/ }).waitFor();
  await page.getByTestId("notice").getByRole("button", { name: "Undo" }).click();
  await page.getByTestId("projects").filter({ hasText: "(copy)" }).waitFor();
  await page.waitForFunction(() => /^8 images/.test(document.getElementById("tally")?.textContent ?? ""));
  assertQuiet();
});
