// Images by paste, and classes from a table beside the images, as a person brings them.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { emptyFolder, pattern } from "./pictures.mjs";
import { addFolder, openPage, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @param {string} name @param {string} shape @param {number} n */
const picture = (name, shape, n) => ({ name, mimeType: "image/png", buffer: pattern(shape, n, 2) });
/** @param {string} name @param {string} text */
const table = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
/** @param {Page} page @param {string} label */
const tiles = (page, label) => page.getByRole("region", { name: label, exact: true }).locator("li[data-image]");

test("labels of a table win over folders, whatever marks and quotes it has", async (t) => {
  const folder = join(await emptyFolder(t), "pictures");
  await mkdir(join(folder, "wrong"), { recursive: true });
  for (const [n, name] of ["a, 1.png", "b.png", "c.png"].entries()) await writeFile(join(folder, "wrong", name), pattern("rings", n, 2));
  await writeFile(join(folder, "labels.csv"), '\uFEFFid;Image_Name;class\r\n1;"a, 1.png";"big ""cat""; grey"\r\n2;wrong/b.png;<i>dog</i>\r\n3;gone.png;dog\r\n');
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await addFolder(page, folder);
  await page.getByRole("status").getByText("The classes of 2 images are from labels.csv. 1 image not in it: by folder.").waitFor();
  for (const label of ['big "cat"; grey', "<i>dog</i>", "wrong"]) assert.equal(await tiles(page, label).count(), 1, label);
  assert.equal(await page.getByTestId("rejected").isVisible(), false);

  // Without a head row, without endings, with tabs.
  await page.getByTestId("add-files").setInputFiles([picture("d.png", "stripes", 1), table("more.tsv", "d\tsnake\n")]);
  await tiles(page, "snake").first().waitFor();
  assertQuiet();
});

test("names in a table that are markup stay text", async (t) => {
  const markup = `<img src=x onerror="globalThis.hacked=1">`;
  const quoted = `"${markup.replaceAll('"', '""')}"`;
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await waitForState(page, "ready");
  await page.getByTestId("add-files").setInputFiles([picture("a.png", "rings", 1), table("labels.csv", `file,label\na.png,${quoted}\n`)]);
  await tiles(page, markup).first().waitFor();
  await page.getByTestId("add-files").setInputFiles([picture("b.png", "stripes", 1), table(`${markup.replaceAll("/", "")}.csv`, `file,label\n${quoted},cat\n`)]);
  await page.getByRole("status").getByText(/names none of the images\. It has “<img src=x onerror/).waitFor();
  assert.equal(await page.evaluate(() => Reflect.get(globalThis, "hacked")), undefined);
  assert.equal(await page.locator("img[src=x]").count(), 0);
  assertQuiet();
});

test("a table whose names match nothing is told with examples of both sides, and folders count", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await waitForState(page, "ready");
  await page.getByLabel("Or add to one class, named").fill("kept");
  await page.getByTestId("add-files").setInputFiles([picture("img_1.png", "rings", 1), table("labels.csv", "file,label\nphoto1.jpg,cat\nphoto2.jpg,dog\n")]);
  const told = page.getByRole("status").getByText(/^labels\.csv names none of the images/);
  assert.match((await told.textContent()) ?? "", /It has “photo1\.jpg”, “photo2\.jpg”; the images are “img_1\.png”\. The names must be equal/);
  await tiles(page, "kept").first().waitFor();
  await page.getByTestId("add-files").setInputFiles([table("alone.csv", "file,label\na.jpg,cat\n")]);
  await page.getByText("alone.csv names classes, but no images came with it. Drop it together with its images.").waitFor();
  assertQuiet();
});

/** @param {Page} page @param {{name: string, buffer: Buffer}[]} files */
const paste = (page, files) => page.evaluate((files) => {
  const clipboardData = new DataTransfer();
  for (const { name, base64 } of files) {
    clipboardData.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name, { type: "image/png" }));
  }
  (document.activeElement ?? document.body).dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}, files.map(({ name, buffer }) => ({ name, base64: buffer.toString("base64") })));

test("a paste goes into the class that has the focus, else into the last one; without any it asks", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await waitForState(page, "ready");
  await paste(page, [picture("image.png", "rings", 1)]);
  const question = page.getByRole("dialog", { name: "Which class is this?" });
  await question.getByLabel("Class name").fill("first");
  await question.getByRole("button", { name: "Add" }).click();
  await tiles(page, "first").first().waitFor();
  await page.getByLabel("Or add to one class, named").fill("second");
  await page.getByTestId("add-files").setInputFiles([picture("a.png", "stripes", 1)]);
  await tiles(page, "second").first().waitFor();
  await waitForState(page, "ready");
  await paste(page, [picture("image.png", "stripes", 2), picture("b.png", "stripes", 3)]);
  await page.getByRole("status").getByText("2 images pasted into second.").waitFor();
  await tiles(page, "second").nth(2).waitFor();
  await page.getByRole("region", { name: "first" }).getByLabel("Class name").focus();
  await paste(page, [picture("image.png", "rings", 4)]);
  await tiles(page, "first").nth(1).waitFor();
  assert.equal(await page.getByRole("region", { name: "first" }).getByAltText("pasted-3.png").count(), 1);
  assertQuiet();
});
