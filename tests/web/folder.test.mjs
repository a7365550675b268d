// A folder chosen by the browser's own picker, which tests can't press: in its place stands a folder of the browser's private disk,
// with the same handles.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pattern, pictureFolder } from "./pictures.mjs";
import { drawn, openPage, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** Runs in the page: what the picker gives from now on, or the name of its error. @param {{files: [string, number[]][] | null, error: string}} how */
async function picks({ files, error }) {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle("pictures", { create: true });
  for (const [path, bytes] of files ?? []) {
    const parts = path.split("/");
    let at = folder;
    for (const part of parts.slice(0, -1)) at = await at.getDirectoryHandle(part, { create: true });
    const out = await (await at.getFileHandle(parts[parts.length - 1], { create: true })).createWritable();
    await out.write(new Uint8Array(bytes));
    await out.close();
  }
  const showDirectoryPicker = async () => {
    if (error) throw new DOMException("As the test asks.", error);
    return folder;
  };
  Object.assign(window, { showDirectoryPicker });
}

/** @param {Page} page @param {string} label */
const region = (page, label) => page.getByRole("region", { name: label, exact: true });
/** @param {Page} page */
const press = (page) => page.getByText("Choose a folder", { exact: true }).click();

test("a folder opens for reading: classes by its folders, labels from its table, noise passed over", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&project=none" });
  await waitForState(page, "ready");
  /** @type {[string, number[]][]} */
  const files = ["rings", "stripes"].flatMap((label) => [0, 1, 2].map((n) => /** @type {[string, number[]]} */ ([`${label}/${label}-${n}.png`, [...pattern(label, n, 2)]])));
  const note = [...Buffer.from("file,label\nrings-2.png,zebra\n")];
  await page.evaluate(picks, { files: [...files, [".DS_Store", [1]], ["stripes/notes.docx", [1]], ["labels.csv", note]], error: "" });
  await press(page);
  await page.getByText("6 images · 3 classes").waitFor();
  for (const [label, count] of /** @type {const} */ ([["rings", "2 images"], ["stripes", "3 images"], ["zebra", "1 image"]])) await region(page, label).getByText(count, { exact: true }).waitFor();
  assert.match(await page.getByTestId("rejected").innerText(), /1 file/);
  assertQuiet();
});

test("a file that is gone before it opens is named, and the others come", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&project=none" });
  await waitForState(page, "ready");
  await page.evaluate(picks, { files: [["rings/1.png", [...pattern("rings", 1, 2)]]], error: "" });
  await page.evaluate(() => {
    const pick = Reflect.get(window, "showDirectoryPicker");
    const gone = { kind: "file", name: "gone.png", getFile: () => Promise.reject(new DOMException("It is gone.", "NotFoundError")) };
    Object.assign(window, { showDirectoryPicker: async () => {
      const folder = await pick();
      return { kind: "directory", name: folder.name, values: async function* () { yield gone; yield* folder.values(); } };
    } });
  });
  await press(page);
  await page.getByText("1 image · 1 class").waitFor();
  await page.locator("#rejected-summary").click();
  await page.getByText("pictures/gone.png").waitFor();
  await page.getByText(/can't be read from the disk/).waitFor();
  assertQuiet();
});

test("who closes the picker has changed nothing; where it is refused, the file input opens", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 2 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&project=none" });
  page.on("filechooser", () => {}); // else a chooser is caught only from some time after it is waited for
  await waitForState(page, "ready");
  await page.evaluate(picks, { files: null, error: "AbortError" });
  await press(page);
  await drawn(page);
  assert.equal(await page.getByRole("alert").count(), 0);
  await page.evaluate(picks, { files: null, error: "SecurityError" });
  const chooser = page.waitForEvent("filechooser");
  await press(page);
  await (await chooser).setFiles(folder);
  await page.getByText("4 images · 2 classes").waitFor();
  assertQuiet();
});
