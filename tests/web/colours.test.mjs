// Colours of classes: to be seen in both themes, chosen by a person, the same wherever the class is drawn, and kept with the project.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { drawnFolder, emptyFolder, pattern } from "./pictures.mjs";
import { addFolder, drawn, openPage, train, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const css = (await Promise.all(["style.css", "insight.css"].map((file) => readFile(new URL(`../../www/${file}`, import.meta.url), "utf8")))).join("");

/** Both themes' value of a colour of the style sheets. @param {string} name @returns {[string, string]} */
function pair(name) {
  const [, light, dark] = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css) ?? [];
  assert.ok(light && dark, name);
  return [light, dark];
}

/** By WCAG. @param {string} a @param {string} b */
function contrast(a, b) {
  const luminance = (/** @type {string} */ hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test("the usual colours stand out from whatever they lie on, in both themes", () => {
  for (const theme of [0, 1]) {
    for (let n = 1; n <= 8; n++) {
      for (const under of ["paper", "raised", "tile"]) assert.ok(contrast(pair(`map-${n}`)[theme], pair(under)[theme]) >= 3, `${n} on ${under}`);
    }
  }
});

/** Of a class in the gallery. @param {Page} page @param {string} label */
async function colourOf(page, label) {
  await drawn(page);
  return page.getByRole("button", { name: `Colour of ${label}`, exact: true }).locator("span").evaluate((mark) => getComputedStyle(mark).backgroundColor);
}

/** @param {Page} page @param {string} label @param {string} colour */
async function choose(page, label, colour) {
  await page.getByRole("button", { name: `Colour of ${label}`, exact: true }).click();
  const dialog = page.getByRole("dialog", { name: `Colour of ${label}` });
  await dialog.getByLabel("Colour", { exact: true }).fill(colour);
  await dialog.getByRole("button", { name: "Close" }).click();
}

/** @param {Page} page @param {string} from @param {string} to */
async function rename(page, from, to) {
  const field = page.getByRole("region", { name: from, exact: true }).getByRole("textbox", { name: "Class name" });
  await field.fill(to);
  await field.press("Enter");
}

const [RED, GREEN, USUAL] = ["rgb(200, 16, 46)", "rgb(0, 128, 64)", "rgb(11, 95, 165)"];

test("a chosen colour is the class's in every plot, goes with its name, can be undone, and is there after a reload", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=3", webgpu: false });
  await addFolder(page, await drawnFolder(t));
  assert.equal(await colourOf(page, "rings"), USUAL);
  await choose(page, "rings", "#c8102e");
  assert.equal(await colourOf(page, "rings"), RED);
  await page.getByRole("button", { name: "Undo" }).click();
  assert.equal(await colourOf(page, "rings"), USUAL);
  await page.getByRole("button", { name: "Redo" }).click();
  await train(page);
  const file = join(await emptyFolder(t), "new.png");
  await writeFile(file, pattern("rings", 30));
  await page.getByTestId("predict-input").setInputFiles(file);
  const bars = page.getByTestId("prediction").getByRole("listitem");
  const bar = bars.filter({ hasText: "rings" }).locator(".lane-fill");
  await bar.waitFor({ state: "attached" });
  const paint = (/** @type {import("playwright-core").Locator} */ place) => place.evaluate((mark) => getComputedStyle(mark).backgroundColor);
  assert.equal(await paint(bar), RED);
  assert.equal(await paint(page.getByTestId("per-class").getByRole("row", { name: /^rings/ }).locator(".lane-fill").first()), RED);
  await page.getByRole("button", { name: "Draw by PCA" }).click();
  await page.getByTestId("map").getByText(/^PCA: the two directions/).waitFor();
  await waitForState(page, "trained");
  assert.equal(await paint(page.getByTestId("map").getByRole("listitem").filter({ hasText: "rings" }).locator("span").first()), RED);
  const reds = await page.locator("#confusion-canvas").evaluate((canvas) => {
    const { data } = /** @type {HTMLCanvasElement} */ (canvas).getContext("2d")?.getImageData(0, 0, 1000, 1000) ?? { data: [] };
    let found = 0;
    for (let at = 0; at < data.length; at += 4) found += Number(data[at] === 200 && data[at + 1] === 16 && data[at + 2] === 46);
    return found;
  });
  assert.ok(reds > 40, `${reds} red pixels beside the names`);

  await rename(page, "rings", "circles");
  assert.equal(await colourOf(page, "circles"), RED);
  await page.getByTestId("per-class").getByRole("row", { name: /^circles/ }).waitFor();
  await page.getByText("Saved on this device").waitFor();
  await page.reload();
  await waitForState(page, "trained");
  assert.equal(await colourOf(page, "circles"), RED);

  await page.getByRole("button", { name: "Remove class circles" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("region", { name: "circles", exact: true }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("region", { name: "circles", exact: true }).waitFor();
  await waitForState(page, "ready", "trained");
  assert.equal(await colourOf(page, "circles"), RED);
  await page.getByRole("button", { name: "Colour of circles" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Back to the usual colour" }).click();
  await page.keyboard.press("Escape");
  assert.notEqual(await colourOf(page, "circles"), RED);
  assertQuiet();
});

test("the class that takes in another one keeps its colour; undone, both have theirs; the rest never changes", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu", webgpu: false });
  await addFolder(page, await drawnFolder(t, { labels: ["rings", "squares", "stripes"] }));
  const stripes = await colourOf(page, "stripes");
  await choose(page, "rings", "#c8102e");
  await choose(page, "squares", "#008040");
  await rename(page, "rings", "squares");
  await page.getByRole("dialog").getByRole("button", { name: "Merge" }).click();
  await page.getByRole("region", { name: "rings", exact: true }).waitFor({ state: "detached" });
  assert.deepEqual([await colourOf(page, "squares"), await colourOf(page, "stripes")], [GREEN, stripes]);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("region", { name: "rings", exact: true }).waitFor();
  assert.deepEqual([await colourOf(page, "rings"), await colourOf(page, "squares"), await colourOf(page, "stripes")], [RED, GREEN, stripes]);
  assertQuiet();
});

test("colours go along in the project's file, the same bytes each time; one that is none is refused", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt", webgpu: false });
  const pictures = ["rings", "stripes"].map((label) => ({ label, name: `${label}.png`, base64: pattern(label, 1).toString("base64") }));
  const out = await page.evaluate(async (pictures) => {
    const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
    const trainer = await Trainer.create({ device: "cpu", workers: 1, project: "coloured" });
    await trainer.addImages(pictures.map(({ base64, ...rest }) => ({ ...rest, bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) })));
    const plain = await trainer.export("project");
    await trainer.projects.setColours([["stripes", "#008040"], ["rings", "#c8102e"]]);
    const file = await trainer.export("project");
    await trainer.projects.setColours(new Map([["rings", "#c8102e"], ["stripes", "#008040"]]));
    const again = await trainer.export("project");
    const bytes = async (/** @type {Blob} */ blob) => String(new Uint8Array(await blob.arrayBuffer()));
    const isSame = (await bytes(file)) === (await bytes(again));
    const { id } = await trainer.projects.import(file);
    const { id: plainId } = await trainer.projects.import(plain);
    const refused = await trainer.projects.setColours([["rings", "red"]]).catch((/** @type {any} */ error) => error.code);
    await trainer.close();
    const contents = async (/** @type {string} */ id) => {
      const opened = await Trainer.create({ device: "cpu", workers: 1, project: { id } });
      const { colours } = await opened.contents();
      await opened.close();
      return colours;
    };
    return { isSame, refused, colours: await contents(id), none: await contents(plainId) };
  }, pictures);
  assert.deepEqual(out, { isSame: true, refused: "wrong-option", colours: [["rings", "#c8102e"], ["stripes", "#008040"]], none: [] });
  assertQuiet();
});
