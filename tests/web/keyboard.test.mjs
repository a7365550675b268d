// From images to a prediction and an export by keyboard alone. After each key the focus must be somewhere, and be seen there.
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { emptyFolder, pattern } from "./pictures.mjs";
import { drawn, openPage, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Locator} Locator */

/** @param {string} label @param {number} n */
const picture = (label, n) => ({ name: `${label}-${n}.png`, mimeType: "image/png", buffer: pattern(label, n, 2) });

/** Where the focus is and what is wrong with it, "" where nothing is. */
function focusFault() {
  const focus = document.activeElement;
  if (!focus || focus === document.body) return "the focus is lost";
  // A file input is drawn as its label.
  const shown = focus instanceof HTMLInputElement && focus.type === "file" && focus.labels?.[0] || focus;
  const about = `${shown.tagName} ${shown.id} ${(shown.getAttribute("aria-label") || shown.textContent || "").trim().slice(0, 40)}`;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(shown);
  if ((outlineStyle === "none" || parseFloat(outlineWidth) === 0) && boxShadow === "none") return `${about} has no ring`;
  const box = shown.getBoundingClientRect();
  const [left, top, right, bottom] = [Math.max(0, box.left), Math.max(0, box.top), Math.min(innerWidth, box.right), Math.min(innerHeight, box.bottom)];
  if (box.width < 2 || box.height < 2 || right <= left || bottom <= top) return `${about} is out of sight`;
  // Some of it is not covered.
  const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => document.elementFromPoint(left + x * (right - left), top + y * (bottom - top))));
  return points.some((at) => at && (shown.contains(at) || at.contains(shown))) ? "" : `${about} is covered`;
}

/** @param {Page} page */
function makeHands(page) {
  page.on("filechooser", () => {}); // else a chooser is caught only from some time after it is waited for
  // What is drawn anew has its focus a frame later.
  const check = async (/** @type {string} */ after) => {
    let fault = await page.evaluate(focusFault);
    for (let n = 0; fault && n < 10; n++) {
      await page.waitForTimeout(100);
      fault = await page.evaluate(focusFault);
    }
    assert.equal(fault, "", after);
  };

  /** @param {...string} keys */
  async function press(...keys) {
    for (const key of keys) {
      await page.keyboard.press(key);
      await check(key);
    }
  }

  /** @param {Locator} target @param {"Tab" | "Shift+Tab"} [key] */
  async function goTo(target, key = "Tab") {
    for (let n = 0; n < 200; n++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await press(key);
    }
    assert.fail(`${key} does not lead to ${target}`);
  }

  /** In place of what is in the field. @param {string} text */
  async function type(text) {
    await press("ControlOrMeta+a");
    await page.keyboard.type(text);
    await check(text);
  }

  /** Opens the chooser of the file input that has the focus. @param {string} key @param {Parameters<import("playwright-core").FileChooser["setFiles"]>[0]} files */
  async function choose(key, files) {
    const chooser = page.waitForEvent("filechooser");
    await page.keyboard.press(key);
    await (await chooser).setFiles(files);
    await check("files chosen");
  }

  /** What was begun by a key is drawn, and the focus is still somewhere. @param {...string} states */
  async function settle(...states) {
    if (states.length > 0) await waitForState(page, ...states);
    await drawn(page);
    await check(`settled ${states}`);
  }

  return { press, goTo, type, choose, settle, check };
}

/** @param {Page} page @param {string} label */
const region = (page, label) => page.getByRole("region", { name: label, exact: true });
/** @param {Page} page @param {string} label */
const tiles = (page, label) => page.getByRole("listbox", { name: `Images of ${label}`, exact: true }).getByRole("option");
/** Of those, the one that Tab reaches. @param {Page} page @param {string} label */
const reachable = (page, label) => tiles(page, label).and(page.locator("[tabindex='0']"));
/** @param {Page} page @param {Record<string, number>} counts by class */
const has = (page, counts) => Promise.all(Object.entries(counts).map(([label, count]) => region(page, label).getByText(`${count} images`, { exact: true }).waitFor()));
/** @param {Page} page @param {string} name */
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** @param {Page} page @param {ReturnType<typeof makeHands>} hands @param {string} folder */
async function addImages(page, { press, goTo, type, choose, settle }, folder) {
  await press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to training");
  await goTo(page.getByTestId("class-name"));
  await type("rings");
  await goTo(page.getByTestId("add-files"));
  await choose("Enter", Array.from({ length: 8 }, (_, n) => picture("rings", n)));
  await has(page, { rings: 8 });
  await settle("ready");
  await goTo(page.getByTestId("add-images"), "Shift+Tab");
  await choose("Space", folder);
  await has(page, { zebra: 8 });
  await settle("ready");
}

/** @param {Page} page @param {ReturnType<typeof makeHands>} hands */
async function changeClasses(page, { press, goTo, type, settle }) {
  await goTo(region(page, "zebra").getByLabel("Class name"));
  await type("stripes");
  await press("Enter");
  await region(page, "stripes").waitFor();
  await settle();
  // A taken name asks; what was one class is two again by Undo.
  await type("rings");
  await press("Enter");
  await page.getByRole("dialog", { name: "Merge the two classes?" }).waitFor();
  await goTo(button(page, "Merge"));
  await press("Enter");
  await has(page, { rings: 16 });
  await settle();
  await goTo(button(page, "Undo"), "Shift+Tab");
  await press("Space");
  await has(page, { rings: 8, stripes: 8 });
  await settle();
}

/** @param {Page} page @param {ReturnType<typeof makeHands>} hands */
async function moveImages(page, { press, goTo, settle }) {
  await goTo(reachable(page, "rings"));
  await press("ArrowRight", "Space", "Shift+ArrowRight");
  await page.getByText("2 images chosen").waitFor();
  await press("2");
  await page.getByText("Moved 2 images to stripes.").waitFor();
  await settle();
  await has(page, { rings: 6, stripes: 10 });
  await press("ControlOrMeta+z");
  await page.getByText("Undone: Moved 2 images to stripes.").waitFor();
  await settle();
  // The same by the bar.
  await goTo(reachable(page, "rings"));
  await press("Space");
  await page.getByText("1 image chosen").waitFor();
  await settle();
  await goTo(page.getByLabel("Class to move to"));
  await press("ArrowDown");
  await goTo(button(page, "Move"));
  await press("Enter");
  await page.getByText("Moved 1 image to stripes.").waitFor();
  await settle();
  await has(page, { rings: 7, stripes: 9 });
  await press("ControlOrMeta+z");
  await page.getByText("Undone: Moved 1 image to stripes.").waitFor();
  await settle();
}

/** @param {Page} page @param {ReturnType<typeof makeHands>} hands */
async function chooseAndTrain(page, { press, goTo, type, settle }) {
  await goTo(page.locator("summary").filter({ hasText: /^Options/ }));
  await press("Enter");
  await goTo(page.getByTestId("option-head"));
  await press("ArrowUp");
  await goTo(page.getByTestId("option-epochs"));
  await type("1000");
  await goTo(button(page, "Train"), "Shift+Tab");
  await page.getByTestId("options-note").filter({ hasText: "epochs 1000" }).waitFor();
  await press("Enter");
  await page.getByTestId("pause").waitFor();
  await settle();
  await goTo(button(page, "Pause"));
  await press("Space");
  await button(page, "Resume").waitFor();
  await settle();
  await goTo(button(page, "Resume"));
  await press("Enter");
  await button(page, "Pause").waitFor();
  await settle();
  await goTo(button(page, "Stop"));
  await press("Enter");
  await settle("trained");
  await goTo(button(page, "Train again"));
  // What can't be pressed while it works has the focus again afterwards.
  await goTo(page.getByTestId("option-epochs"));
  await type("3");
  const start = page.getByTestId("folds-start");
  await goTo(start);
  await press("Enter");
  await page.getByTestId("folds").getByText("Folds as a table").waitFor();
  await waitForState(page, "trained");
  await settle("trained");
  assert.ok(await start.evaluate((element) => element === document.activeElement));
}

/** @param {Page} page @param {ReturnType<typeof makeHands>} hands */
async function lookAtImage(page, { press, goTo, settle }) {
  const tile = reachable(page, "stripes");
  await goTo(tile, "Shift+Tab");
  await press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByTestId("neighbours").getByRole("button").first().waitFor();
  await settle();
  await goTo(dialog.getByTestId("neighbours").getByRole("button").nth(1));
  await press("Enter");
  await settle();
  await press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await settle();
  assert.ok(await tile.evaluate((element) => element === document.activeElement), "the focus comes back to the image");
}

/** @param {Page} page @param {ReturnType<typeof makeHands>} hands */
async function predictAndExport(page, { press, goTo, choose, settle }) {
  await goTo(page.getByTestId("predict-input"));
  await choose("Enter", [picture("rings", 30)]);
  await page.getByTestId("prediction").getByRole("listitem").first().waitFor();
  await settle();
  await choose("Enter", [picture("rings", 31), picture("stripes", 32)]);
  await page.getByTestId("predictions").locator("tbody tr").nth(1).waitFor();
  await settle();
  await goTo(page.getByTestId("predictions").getByRole("button", { name: "Probability" }));
  await press("Enter");
  await settle();
  await goTo(page.getByTestId("take-away"), "Shift+Tab");
  await press("Enter");
  const head = page.getByRole("dialog").getByRole("radio", { name: /^Head only/ });
  await goTo(page.getByRole("dialog").getByRole("radio").first());
  await press("ArrowDown");
  assert.ok(await head.isChecked());
  await goTo(page.getByTestId("export-save"));
  const download = page.waitForEvent("download");
  await press("Enter");
  const headFile = await readFile(await (await download).path());
  assert.match(headFile.subarray(8, 4096).toString("latin1"), /rings/, "the head knows its classes");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await settle();
  assert.ok(await page.getByTestId("take-away").evaluate((element) => element === document.activeElement));
}

for (const { name, width, height } of [{ name: "on a desktop", width: 1280, height: 900 }, { name: "on a narrow screen", width: 360, height: 740 }]) {
  test(`from images to a prediction by keyboard alone, ${name}`, async (t) => {
    const folder = join(await emptyFolder(t), "pictures");
    await mkdir(join(folder, "zebra"), { recursive: true });
    for (let n = 0; n < 8; n++) await writeFile(join(folder, "zebra", `stripes-${n}.png`), pattern("stripes", n, 2));
    const { page, assertQuiet } = await openPage(t, { path: "?device=cpu", init: () => void Reflect.deleteProperty(window, "showDirectoryPicker") });
    await page.setViewportSize({ width, height });
    page.setDefaultTimeout(60_000);
    await waitForState(page, "ready");
    const hands = makeHands(page);
    await addImages(page, hands, folder);
    await changeClasses(page, hands);
    await moveImages(page, hands);
    await chooseAndTrain(page, hands);
    await lookAtImage(page, hands);
    await predictAndExport(page, hands);
    assertQuiet();
  });
}
