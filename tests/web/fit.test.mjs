// What the network sees: the centre, the whole image or a part of it, chosen on the page and by the API, kept, undone and taken along.
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { strFromU8, unzipSync } from "fflate";
import { checked } from "./exports.mjs";
import { emptyFolder } from "./pictures.mjs";
import { png } from "./png.mjs";
import { addFolder, drawn, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** Twice as wide as high; what tells the classes lies at the left end, where the centre does not reach. @param {string} label @param {number} n */
const wide = (label, n) => png(400, 200, (x, y) => {
  const isOn = label === "rings" ? Math.floor(Math.hypot(x - 30, y - 90 - 3 * n) / (5 + n)) % 2 === 0 : Math.floor((x + y + 4 * n) / (8 + n)) % 2 === 0;
  return x < 60 && isOn ? [230, 40 + 9 * n, 60] : [90 + 6 * n, (x + 40 * n) % 200, 130 - 5 * n];
});

/** @param {import("node:test").TestContext} t @param {number} each */
async function wideFolder(t, each) {
  const folder = join(await emptyFolder(t), "pictures");
  for (const label of ["rings", "stripes"]) {
    await mkdir(join(folder, label), { recursive: true });
    for (let n = 0; n < each; n++) await writeFile(join(folder, label, `${label}-${n}.png`), wide(label, n));
  }
  return folder;
}

/** Thumbnails by name. @param {Page} page @returns {Promise<Record<string, string>>} */
const thumbnails = async (page) => {
  await drawn(page);
  return page.evaluate(() => Object.fromEntries([...document.querySelectorAll("#gallery li[data-image] img")].map((img) => [img.getAttribute("alt"), img.getAttribute("src")])));
};

/** A pixel of an image that is shown, in shares of its sides. @param {import("playwright-core").Locator} image @param {number} x @param {number} y @returns {Promise<number[]>} */
const pixelOf = (image, x, y) => image.evaluate((img, [x, y]) => {
  if (!(img instanceof HTMLImageElement)) throw new Error("no image");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [img.naturalWidth, img.naturalHeight];
  const context = canvas.getContext("2d");
  context?.drawImage(img, 0, 0);
  return [...(context?.getImageData(Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1).data ?? [])].slice(0, 3);
}, [x, y]);

/** @param {number[]} pixel */
const isBar = (pixel) => pixel.every((level) => Math.abs(level - 127) <= 4);

/** @param {Page} page */
const project = (page) => page.getByRole("group", { name: "What the network sees" }).first();
/** @param {Page} page @param {string} name */
const tile = (page, name) => page.getByRole("option", { name });
/** @param {Page} page */
const sides = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll("#gallery li[data-image]")].map((li) => [li.getAttribute("title"), li.getAttribute("data-side")])));

test("the whole image can be chosen: thumbnails, training, predictions and exports follow, and it can be undone", async (t) => {
  const folder = await wideFolder(t, 10);
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=8&head=linear" });
  await addFolder(page, folder);
  await train(page);
  const [centres, before] = [await thumbnails(page), await sides(page)];
  assert.equal(Object.keys(centres).length, 20);
  assert.ok(await project(page).getByLabel("Centre").isChecked());

  await project(page).getByLabel("Whole image").check();
  await waitForState(page, "ready");
  const wholes = await thumbnails(page);
  for (const [name, src] of Object.entries(wholes)) assert.notEqual(src, centres[name], name);
  const first = page.locator("#gallery li[data-image] img").first();
  assert.ok(isBar(await pixelOf(first, 0.5, 0.1)) && isBar(await pixelOf(first, 0.5, 0.9)) && !isBar(await pixelOf(first, 0.5, 0.5)));
  await page.getByTestId("stale").waitFor();

  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText(/^Undone: Changed what is seen/).waitFor();
  assert.deepEqual(await thumbnails(page), centres);
  assert.ok(await project(page).getByLabel("Centre").isChecked());
  await page.getByRole("button", { name: "Redo" }).click();
  await page.getByText(/^Done again: Changed what is seen/).waitFor();
  assert.deepEqual(await thumbnails(page), wholes);

  await train(page);
  assert.deepEqual(await sides(page), before, "no image changes its side");
  await page.getByTestId("predict-input").setInputFiles({ name: "new.png", mimeType: "image/png", buffer: wide("rings", 11) });
  await page.getByTestId("prediction").getByText("rings").waitFor();
  await page.waitForFunction(() => document.querySelector(".seen-frame.exact"));
  const seen = page.getByRole("img", { name: "new.png" });
  assert.ok(isBar(await pixelOf(seen, 0.5, 0.2)) && !isBar(await pixelOf(seen, 0.5, 0.3)), "drawn from what went in");

  await page.getByTestId("take-away").click();
  const download = page.waitForEvent("download");
  await page.getByRole("dialog").getByRole("button", { name: /^Save|Download/ }).first().click();
  const zip = await readFile(await (await download).path());
  assert.match((await checked(t, zip)).said, /All checks passed/);
  const card = JSON.parse(strFromU8(unzipSync(zip)["headstart-model/card.json"]));
  assert.deepEqual([card.preprocessing.fit, card.preprocessing.fill], ["pad", [127, 127, 127]]);

  await page.reload();
  await waitForState(page, "trained");
  assert.ok(await project(page).getByLabel("Whole image").isChecked());
  assert.deepEqual(await thumbnails(page), wholes);
  assertQuiet();
});

test("a part is chosen by keys in an image's dialog, for the image and for its class, and stays", async (t) => {
  const folder = await wideFolder(t, 4);
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=3" });
  await addFolder(page, folder);
  const centres = await thumbnails(page);
  await tile(page, "rings-1.png").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("What the network sees", { exact: false }).first().click();
  const canvas = dialog.getByRole("img", { name: "What the network sees of it" });
  await dialog.getByText("Exactly what goes in, 224 × 224").waitFor();
  const ofCentre = await canvas.evaluate((node) => node instanceof HTMLCanvasElement && node.toDataURL());
  assert.ok(await dialog.getByRole("button", { name: "Use for this image" }).isDisabled());

  await dialog.getByLabel("A part of it").check();
  const part = dialog.getByRole("slider", { name: "Part that the network sees" });
  await part.focus();
  for (let n = 0; n < 40; n++) await page.keyboard.press("ArrowLeft");
  for (let n = 0; n < 4; n++) await page.keyboard.press("-");
  for (let n = 0; n < 40; n++) await page.keyboard.press("ArrowUp");
  for (let n = 0; n < 40; n++) await page.keyboard.press("ArrowLeft");
  assert.match(await part.getAttribute("aria-valuetext") ?? "", /^0 % from the left, 0 % from the top, \d+\.\d % in size$/);
  await page.keyboard.press("Shift+ArrowRight");
  assert.match(await part.getAttribute("aria-valuetext") ?? "", /^0\.\d % from the left/);
  await page.waitForFunction(([before]) => {
    const node = document.querySelector("canvas.fit-seen");
    return node instanceof HTMLCanvasElement && node.toDataURL() !== before;
  }, [ofCentre]);

  // Drawn by the pointer, too.
  const box = /** @type {{x: number, y: number, width: number, height: number}} */ (await part.boundingBox());
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 30, box.y + box.height / 2 + 10, { steps: 3 });
  await page.mouse.up();
  assert.doesNotMatch(await part.getAttribute("aria-valuetext") ?? "", /^0/);

  await dialog.getByRole("button", { name: "Use for this image" }).click();
  await dialog.locator(".fold-note").getByText("A part of it").waitFor();
  await waitForState(page, "ready");
  await page.keyboard.press("Escape");
  const one = await thumbnails(page);
  assert.deepEqual(Object.keys(one).filter((name) => one[name] !== centres[name]), ["rings-1.png"]);

  await tile(page, "rings-1.png").click();
  await dialog.getByText("Exactly what goes in, 224 × 224").waitFor();
  await dialog.getByRole("button", { name: "Use for the whole class" }).click();
  await waitForState(page, "ready");
  const all = await thumbnails(page);
  assert.deepEqual(Object.keys(all).filter((name) => all[name] !== centres[name]).sort(), [0, 1, 2, 3].map((n) => `rings-${n}.png`));
  assert.equal(all["rings-1.png"], one["rings-1.png"]);
  await page.getByTestId("checks").getByText("The network sees the images of “rings” and “stripes” in different ways").waitFor();

  await page.reload();
  await waitForState(page, "ready");
  assert.deepEqual(await thumbnails(page), all);
  await tile(page, "rings-2.png").click();
  await dialog.locator(".fold-note").getByText("A part of it").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("checks").getByText("in different ways").waitFor();
  assertQuiet();
});

test("the API changes exactly those rows, says which part is seen, and refuses what is no fit", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const named = ["rings", "stripes"].flatMap((label) => [0, 1, 2, 3, 4, 5].map((n) => ({ label, name: `${label}-${n}.png`, base64: wide(label, n).toString("base64") })));
  const out = await page.evaluate(async (named) => {
    const [{ Trainer }, { extractFeatures, fitHead, predict }] = await Promise.all([import(new URL("page/trainer.js", location.href).href), import(new URL("page/features.js", location.href).href)]);
    const all = named.map(({ label, name, base64 }) => ({ label, name, bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) }));
    const code = (/** @type {Promise<any>} */ promise) => promise.then(() => "done", (/** @type {any} */ error) => (error.name === "AbortError" ? error.name : error.code));
    const trainer = await Trainer.create({ device: "cpu" });
    const { accepted } = await trainer.addImages(all.slice(0, -1));
    const { accepted: own } = await trainer.addImages(all.slice(-1), { fit: { left: 0, top: 0, width: 0.5, height: 1 } });
    const rowless = await trainer.seen(accepted[0].id);
    /** @type {any[]} */
    const progress = [];
    const whole = await trainer.setFit({ fit: "pad", onProgress: (/** @type {any} */ p) => progress.push(p) });
    const again = await trainer.setFit({ fit: "pad" });
    const wrong = await Promise.all([{ fit: "squash" }, { fit: { left: 0.6, top: 0, width: 0.6, height: 1 } }].map((options) => code(trainer.setFit(options))));
    const stop = new AbortController();
    let told = 0;
    const aborted = await code(trainer.setFit({ fit: "crop", signal: stop.signal, onImage: () => ++told === 3 && stop.abort() }));
    const rest = await trainer.setFit({ fit: "crop" });
    await trainer.setFit({ fit: "crop", ids: accepted.map((/** @type {any} */ { id }) => id) });
    await trainer.setFit({ fit: "pad", label: "new", existing: false });
    const fits = await trainer.fits();
    await trainer.setFit({ fit: "pad" });
    for await (const epoch of trainer.fit({ head: "linear", epochs: 6 })) void epoch;
    const file = new File([all[0].bytes], "rings-0.png");
    const [asTrained, byCrop] = [await trainer.predict(file), await trainer.predict(file, { fit: "crop" })];
    const seen = [await trainer.seen(file), await trainer.seen(own[0].id), await trainer.seen(accepted[0].id, { fit: "crop" })];
    trainer.free();
    const [crops, pads] = [await extractFeatures(all, { device: "cpu" }), await extractFeatures(all, { device: "cpu", fit: "pad" })];
    const head = await fitHead(pads, pads.pictures.map(({ name }) => name.split("-")[0]), { head: "linear", epochs: 3 });
    const ranked = await predict(head, pads);
    const other = await code(predict(head, crops));
    return {
      fitsOf: [accepted[0].fit, own[0].fit], size: rowless.pixels.length, shown: [rowless.shown, ...seen.map(({ shown }) => shown)],
      samePixels: String(seen[2].pixels) === String(rowless.pixels), whole: whole.accepted.map((/** @type {any} */ { id, fit }) => [id, fit]), last: progress.at(-1),
      again: again.accepted.length, wrong, aborted, told, rest: rest.accepted.length, fits, asTrained, byCrop, ranked: ranked.length, other,
      ids: accepted.map((/** @type {any} */ { id }) => id), rows: [crops.fit, pads.fit, crops.rows[0] === pads.rows[0]],
    };
  }, named);
  assert.deepEqual(out.fitsOf, ["crop", { left: 0, top: 0, width: 0.5, height: 1 }]);
  assert.equal(out.size, 224 * 224 * 3);
  const centre = { left: (1 - 0.4375) / 2, top: (1 - 0.875) / 2, width: 0.4375, height: 0.875 };
  assert.deepEqual(out.shown, [centre, { left: 0, top: 0, width: 1, height: 1 }, { left: 0, top: 0, width: 0.5, height: 1 }, centre]);
  assert.ok(out.samePixels);
  assert.deepEqual(out.whole, out.ids.map((/** @type {number} */ id) => [id, "pad"]), "all but the one with its own, in their order");
  assert.deepEqual([out.last.done, out.last.total, out.last.accepted], [11, 11, 11]);
  assert.equal(out.again, 0);
  assert.deepEqual(out.wrong, ["wrong-fit", "wrong-fit"]);
  assert.equal(out.aborted, "AbortError");
  assert.equal(out.rest, 11 - out.told, "asked for again it goes on with the rest");
  assert.deepEqual(out.fits, { fit: "crop", classes: { new: "pad" } });
  assert.notDeepEqual(out.asTrained, out.byCrop);
  assert.equal(out.asTrained[0].label, "rings");
  assert.deepEqual(out.rows, [undefined, "pad", false]);
  assert.equal(out.ranked, 12);
  assert.equal(out.other, "wrong-rows");
  assertQuiet();
});

test("a project file has the fits, and one without any is what it was", async (t) => {
  const folder = await wideFolder(t, 3);
  const out = await emptyFolder(t);
  const { page, browser, site, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await addFolder(page, folder);
  const save = async (/** @type {Page} */ from, /** @type {string} */ name) => {
    await from.getByTestId("projects").click();
    const download = from.waitForEvent("download");
    await from.getByTestId("project-save").click();
    await (await download).saveAs(join(out, name));
    await from.getByRole("button", { name: "Close" }).click();
    const entries = unzipSync(await readFile(join(out, name)));
    return { bytes: await readFile(join(out, name)), manifest: JSON.parse(strFromU8(entries["manifest.json"])), project: strFromU8(entries["project.json"]) };
  };
  const plain = await save(page, "plain.headstart");
  assert.equal(plain.manifest.version, 1);
  assert.ok(!plain.project.includes("fit\""));
  await project(page).getByLabel("Whole image").check();
  await waitForState(page, "ready");
  const fitted = await save(page, "fitted.headstart");
  assert.equal(fitted.manifest.version, 2);
  const wholes = await thumbnails(page);

  const elsewhere = await (await browser.newContext()).newPage();
  elsewhere.setDefaultTimeout(60_000);
  await elsewhere.goto(`${site.url}?device=cpu`);
  await waitForState(elsewhere, "ready");
  await elsewhere.getByTestId("projects").click();
  await elsewhere.getByTestId("project-take").setInputFiles(join(out, "fitted.headstart"));
  await elsewhere.waitForFunction(() => document.querySelectorAll("#gallery li[data-image]").length === 6);
  assert.deepEqual(await thumbnails(elsewhere), wholes);
  assert.ok(await project(elsewhere).getByLabel("Whole image").isChecked());
  assert.ok((await save(elsewhere, "again.headstart")).bytes.equals(fitted.bytes), "out, in and out again");
  assertQuiet();
});
