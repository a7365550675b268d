// A project outlives its page: reload, a page killed in the middle, a row that is gone, another version.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { crash, headOf, keysOf, openBeside, recordsOf, shown, waitForSaved } from "./kept.mjs";
import { pattern, pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

const CPU = "?device=cpu&epochs=4";

test("after a reload everything is there, and no image is looked at again", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 3, each: 8 });
  const { page, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  await page.getByRole("textbox", { name: "Class name" }).nth(1).fill("another name");
  await page.getByRole("textbox", { name: "Class name" }).nth(1).press("Enter");
  const run = await train(page);
  const head = await headOf(page);
  await waitForSaved(page);
  const before = await shown(page);
  assert.equal(before.classes[1], "another name");

  await page.reload();
  await waitForState(page, "trained");
  assert.deepEqual(await shown(page), before);
  assert.equal(await headOf(page), head);
  assert.equal(await page.getByTestId("history").locator("tbody tr").count(), 4);
  const again = JSON.parse((await page.getByTestId("run").textContent()) ?? "");
  assert.deepEqual([again.valAccuracy, again.confusion, again.epochs], [run.valAccuracy, run.confusion, run.epochs]);
  assert.equal(again.featureSeconds, 0, "no backbone ran");
  const trained = await train(page);
  assert.deepEqual(trained.epochs.map(losses), run.epochs.map(losses), "the same images in the same order");
  const [file] = await readdir(join(folder, labels[0]));
  await page.getByTestId("predict-input").setInputFiles(join(folder, labels[0], file));
  await page.getByTestId("prediction").locator("li").first().waitFor();
  assertQuiet();
});

/** @param {{loss: number, valLoss: number}} epoch */
const losses = ({ loss, valLoss }) => [loss, valLoss];

test("a page killed while it adds goes on with the next image", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 3, each: 12 });
  const { page, site, assertQuiet } = await openPage(t, { path: "?device=cpu&workers=1" });
  await waitForState(page, "ready");
  await page.getByTestId("add-images").setInputFiles(folder);
  await page.waitForFunction(() => {
    const kept = document.querySelector("[data-testid=kept]")?.textContent === "Saved on this device";
    return kept && document.querySelectorAll("[data-testid=classes] img").length >= 3;
  });
  const other = await openBeside(page, "about:blank");
  await crash(page);
  await other.goto(`${site.url}?device=cpu&workers=1`);
  await other.waitForFunction(() => /^36 images/.test(document.getElementById("tally")?.textContent ?? "") && document.documentElement.dataset.state === "ready");
  await waitForSaved(other);
  await other.reload();
  await waitForState(other, "ready");
  assert.match((await shown(other)).tally ?? "", /^36 images/);
  assertQuiet();
});

test("a page killed while it trains goes on from its checkpoint, to the same weights", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 3, each: 10 });
  const path = "?device=cpu&epochs=600";
  const { page, site, assertQuiet } = await openPage(t, { path });
  await addFolder(page, folder);
  await train(page);
  const undisturbed = await headOf(page);
  await waitForSaved(page);

  await page.getByRole("button", { name: "Train again" }).click();
  while (!(await keysOf(page, "parts")).some((key) => key[1].startsWith("checkpoint"))) await page.waitForTimeout(200);
  const other = await openBeside(page, "about:blank");
  await crash(page);
  await other.goto(site.url + path);
  await other.getByText(/broken off after epoch \d+ of 600/).waitFor();
  await other.getByRole("button", { name: "Go on" }).click();
  await waitForState(other, "trained");
  assert.equal(await headOf(other), undisturbed);
  const epochs = JSON.parse((await other.getByTestId("run").textContent()) ?? "").epochs.map((/** @type {{epoch: number}} */ e) => e.epoch);
  assert.deepEqual(epochs, Array.from({ length: 600 }, (_, at) => at + 1));
  assertQuiet();
});

test("an image whose row is gone is computed again, and only that one", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  const run = await train(page);
  await waitForSaved(page);
  const [first] = await page.evaluate(async () => {
    const { openDB } = await import(new URL("vendor/idb.esm.js", location.href).href);
    const database = await openDB("headstart-projects");
    const keys = await database.getAllKeys("rows");
    // What another version of the preprocessing would have left.
    await database.put("rows", await database.get("rows", keys[0]), [keys[0][0], keys[0][1], 0, keys[0][3]]);
    await database.delete("rows", keys[0]);
    database.close();
    return keys;
  });
  await page.reload();
  await page.waitForFunction(() => /^12 images/.test(document.getElementById("tally")?.textContent ?? "") && document.documentElement.dataset.state === "trained" || document.documentElement.dataset.state === "ready");
  await waitForSaved(page);
  assert.ok((await keysOf(page, "rows")).some((key) => key.join() === first.join()));
  assert.equal((await keysOf(page, "rows")).length, 13, "the other row stays, and no other is new");
  assert.deepEqual((await train(page)).epochs.map(losses), run.epochs.map(losses));
  assertQuiet();
});

test("an older database is taken along, and a newer one is left alone", async (t) => {
  const { page, site, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  await page.evaluate(async (base64) => {
    const opening = indexedDB.open("headstart-projects", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("projects", { keyPath: "id" });
      const images = opening.result.createObjectStore("images", { keyPath: ["project", "id"] });
      images.createIndex("file", "file");
      images.createIndex("sha256", "sha256");
      opening.result.createObjectStore("files", { autoIncrement: true });
      opening.result.createObjectStore("rows");
    };
    await new Promise((resolve) => (opening.onsuccess = resolve));
    const picture = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const sha256 = [...new Uint8Array(await crypto.subtle.digest("SHA-256", picture))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const tx = opening.result.transaction(["projects", "images", "files"], "readwrite");
    tx.objectStore("projects").put({ id: "1", name: "From before", created: 1, opened: 1, changed: 1, deleted: 0, owner: "", nextId: 5, images: 1, bytes: 9 });
    tx.objectStore("files").put(new Blob([picture]), 7);
    const about = { name: "ring.png", label: "rings", width: 9, height: 9, unusualDecoder: false, thumbnail: new Uint8Array() };
    tx.objectStore("images").put({ ...about, project: "1", id: 3, sha256, file: 7 });
    await new Promise((resolve) => (tx.oncomplete = resolve));
    opening.result.close();
  }, pattern("rings", 1).toString("base64"));
  await page.goto(site.url + CPU);
  await waitForState(page, "ready");
  await page.getByRole("button", { name: "From before" }).waitFor();
  await waitForSaved(page);
  assert.deepEqual((await keysOf(page, "parts")).map((key) => key[1].split(" ")[0]), ["network"], "what its rows are of");
  const [image] = await recordsOf(page, "images");
  assert.deepEqual([image.id, image.label, image.file, image.looksLike], [3, "rings", 7, null]);
  assert.match(image.fingerprint, /^[0-9a-f]{64}$/, "it was looked at again, for its row");
  await page.goto(`${site.url}LICENSE-MIT.txt`);
  await page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open("headstart-projects", 99);
    opening.onsuccess = () => resolve(opening.result.close());
  }));
  await page.goto(site.url + CPU);
  await page.getByTestId("notice").getByText("kept by a newer headstart").waitFor();
  assertQuiet();
});
