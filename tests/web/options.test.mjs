// The training options as a person finds them: folded, with words beside what is wrong, remembered, told with the result.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, drawn, openPage, train } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** Any picture of a folder of class folders. @param {string} folder */
async function photo(folder) {
  const [label] = await readdir(folder);
  const [name] = await readdir(join(folder, label));
  return join(folder, label, name);
}

/** @param {Page} page */
const open = (page) => page.getByText("Options", { exact: false }).filter({ visible: true }).locator("xpath=ancestor-or-self::summary").first().click();

test("optimiser, schedule and augmentation are chosen, trained with and told with the result", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 8 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await addFolder(page, folder);
  await open(page);
  assert.equal(await page.getByRole("spinbutton", { name: "Momentum" }).count(), 0, "what does not matter is not shown");
  await page.getByRole("combobox", { name: "Optimiser" }).selectOption("SGD");
  await drawn(page);
  assert.equal(await page.getByRole("spinbutton", { name: "Learning rate" }).inputValue(), "0.01", "a rate that suits it");
  await page.getByRole("spinbutton", { name: "Momentum" }).fill("0.8");
  await page.getByRole("checkbox", { name: /Nesterov/ }).check();
  await page.getByRole("combobox", { name: /Schedule/ }).selectOption({ label: "Falls to 0 by half a cosine" });
  await page.getByRole("combobox", { name: "Class weights" }).selectOption({ label: "Every class counts the same (balanced)" });
  await page.getByRole("checkbox", { name: /augmentation/ }).check();
  await page.getByRole("spinbutton", { name: /Views of each image/ }).fill("1");
  await page.getByRole("spinbutton", { name: "Epochs", exact: true }).fill("3");
  const run = await train(page);
  assert.deepEqual(run.options.schedule, { type: "cosineDecay" });
  assert.deepEqual([run.options.optimizer, run.options.momentum, run.options.nesterov, run.options.classWeight], ["sgd", 0.8, true, "balanced"]);
  assert.deepEqual([run.options.views, run.options.augment.degrees], [1, 10]);
  const rates = run.epochs.map((/** @type {{learningRate: number}} */ epoch) => epoch.learningRate.toFixed(5));
  assert.deepEqual(rates, ["0.01000", "0.00750", "0.00250"], "half a cosine over three epochs");
  assert.ok(run.augmentSeconds > 0);
  const told = (await page.getByTestId("run-settings").textContent()) ?? "";
  for (const words of ["SGD", "momentum 0.8", "Nesterov", "cosine decay", "balanced class weights", "augmentation", "views 1", "epochs 3"]) assert.match(told, new RegExp(words));

  await t.test("and can be compared with a run by the defaults", async () => {
    await page.getByRole("button", { name: "Reset to defaults" }).click();
    await drawn(page);
    assert.equal(await page.getByRole("combobox", { name: "Optimiser" }).inputValue(), "adam");
    await page.getByRole("spinbutton", { name: "Epochs", exact: true }).fill("2");
    await page.getByRole("button", { name: "Train again" }).click();
    await page.getByText("Trained with: epochs 2.").waitFor();
    await page.getByText("Compare 2 trainings").click();
    const rows = await page.getByRole("table", { name: "Settings and accuracy of each training" }).locator("tbody tr").allTextContents();
    assert.equal(rows.length, 2);
    assert.match(rows[0], /SGD.*of 3/);
    assert.match(rows[1], /epochs 2.*of 2/);
  });
  assertQuiet();
});

test("the address sets options; what can't be is left out, and said with what can", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=4000&head=svm&hidden=wide&batchSize=32&head_=1&optimizer=toString&validationSplit=3" });
  const notices = page.locator("#notices");
  await notices.getByText("epochs=4000 in the page's address can't be used. Enter a whole number from 1 to 1000.").waitFor();
  const told = await notices.textContent();
  assert.match(String(told), /head=svm in the page's address can't be used\. Choose one of mlp, linear, knn\./);
  assert.match(String(told), /hidden=wide in the page's address can't be used\. Enter one to three whole numbers/);
  assert.match(String(told), /optimizer=toString in the page's address can't be used\. Choose one of adam, /);
  assert.match(String(told), /validationSplit=3 in the page's address can't be used\. Enter a number from 0\.05 to 0\.5\./);
  assert.doesNotMatch(String(told), /batchSize|head_/);
  await open(page);
  assert.equal(await page.getByTestId("option-epochs").inputValue(), "30");
  assert.equal(await page.getByTestId("option-batch-size").inputValue(), "32");
  assertQuiet();
});

test("a value that cannot be is told beside its field, and nothing is trained until it is right", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 4 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=2" });
  await addFolder(page, folder);
  await open(page);
  const cases = [
    { name: "Epochs", values: ["0", "1001", "2.5", ""], sentence: "Enter a whole number from 1 to 1000.", right: "2" },
    { name: "Batch size", values: ["-1"], sentence: "Enter a whole number from 1 to 4096.", right: "8" },
    { name: "Learning rate", values: ["0", "2", ""], sentence: "Enter a number from 0.000001 to 1.", right: "0.001" },
    { name: "Held back for validation, %", values: ["80"], sentence: "Enter a number from 5 to 50.", right: "25" },
    { name: "Seed", values: ["-3", "1.5"], sentence: "Enter a whole number from 0 to 4294967295.", right: "2" },
  ];
  for (const { name, values, sentence, right } of cases) {
    const field = page.getByRole("spinbutton", { name, exact: true });
    for (const value of values) {
      await field.fill(value);
      await field.blur();
      await drawn(page);
      assert.equal(await page.getByRole("alert").filter({ hasText: sentence }).count(), 1, `${name}: ${value}`);
      assert.equal(await field.getAttribute("aria-invalid"), "true");
      await page.getByRole("button", { name: "Train", exact: true }).click();
      assert.ok(await field.evaluate((element) => element === document.activeElement), `${name} has the focus`);
    }
    await field.fill(right);
    await drawn(page);
    assert.equal(await page.getByRole("alert").filter({ hasText: sentence }).count(), 0, `${name} is right at once`);
  }
  const run = await train(page);
  assert.deepEqual([run.options.epochs, run.options.batchSize, run.options.validationSplit, run.options.seed], [2, 8, 0.25, 2]);
  assertQuiet();
});

test("an MLP gets the widths that were chosen, in the summary and the run, and a wrong one is told", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=2" });
  await addFolder(page, folder);
  await open(page);
  const field = page.getByRole("textbox", { name: "Units of each hidden layer" });
  assert.equal(await field.inputValue(), "512, 512");
  for (const wrong of ["", "0", "5000", "64.5", "9, 9, 9, 9", "many"]) {
    await field.fill(wrong);
    await field.blur();
    await drawn(page);
    assert.equal(await page.getByRole("alert").filter({ hasText: "Enter one to three whole numbers from 1 to 4096, such as 256, 64." }).count(), 1, wrong);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    assert.ok(await field.evaluate((element) => element === document.activeElement), "it has the focus");
  }
  await field.fill("33 5,120");
  await field.blur();
  await drawn(page);
  assert.equal(await field.inputValue(), "33, 5, 120");
  await page.getByRole("spinbutton", { name: "Dropout before layer 3, %" }).fill("0");
  const run = await train(page);
  assert.deepEqual([run.options.hidden, run.options.dropout], [[33, 5, 120], [0.05, 0.15, 0]]);
  assert.match((await page.getByTestId("run-settings").textContent()) ?? "", /hidden layers 33 × 5 × 120/);
  const layers = await page.locator("#summary-rows tr").allTextContents();
  const of = (/** @type {string} */ name) => layers.find((text) => text.startsWith(name)) ?? "";
  assert.match(of("fc3"), /Dense.*120.*720/);
  assert.match(of("classifier"), /Dense.*2.*242/);
  await page.getByRole("combobox", { name: "Head" }).selectOption({ label: "Linear" });
  await drawn(page);
  assert.equal(await field.count(), 0, "a linear head has none");
  assertQuiet();
});

test("nearest neighbours have their own fields and no steps, train in one epoch, predict, and open again", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 8 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=7" });
  await addFolder(page, folder);
  await open(page);
  await page.getByRole("checkbox", { name: /augmentation/ }).check();
  await page.getByRole("combobox", { name: "Head" }).selectOption({ label: "Nearest neighbours (kNN)" });
  await drawn(page);
  for (const name of ["Epochs", "Batch size", "Views of each image", "Momentum"]) assert.equal(await page.getByRole("spinbutton", { name }).count(), 0, name);
  for (const name of ["Steps", "Input", "Images"]) assert.equal(await page.getByRole("group", { name, exact: true }).count(), 0, `${name} has no field`);
  const field = page.getByRole("spinbutton", { name: "Neighbours that vote (k)" });
  assert.equal(await field.inputValue(), "5");
  await field.fill("51");
  await field.blur();
  await page.getByRole("alert").filter({ hasText: "Enter a whole number from 1 to 50." }).waitFor();
  await field.fill("3");
  await page.getByRole("combobox", { name: "How much each vote counts" }).selectOption({ label: "All the same" });
  const run = await train(page);
  assert.deepEqual([run.options.head, run.options.neighbors, run.options.neighborWeights, run.options.augment], ["knn", 3, "uniform", undefined]);
  assert.equal(run.epochs.length, 1);
  assert.ok(Number.isFinite(run.epochs[0].loss) && Number.isFinite(run.epochs[0].valLoss));
  assert.match((await page.getByTestId("run-settings").textContent()) ?? "", /nearest neighbours, neighbours 3, equal votes/);
  const layers = await page.locator("#summary-rows tr").allTextContents();
  assert.ok(layers.some((text) => /^neighbors.*KNeighbors/.test(text)), layers.join("\n"));

  await t.test("its heads can be compared and its folds judged", async () => {
    await page.getByRole("button", { name: "Cross-validate" }).click();
    await page.getByTestId("folds").getByRole("status").filter({ hasText: "were called right by heads that had not seen them" }).waitFor();
  });

  await t.test("TensorFlow.js is refused in words, the others save it, and it opens again", async () => {
    await page.getByTestId("take-away").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: /TensorFlow\.js/ }).check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("A layers model of TensorFlow.js can't hold nearest neighbours").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("export").click()]);
    await page.getByTestId("open-model").setInputFiles({ name: "head.safetensors", mimeType: "", buffer: await readFile(await download.path()) });
    await page.getByText(/head\.safetensors knows 2 classes/).waitFor();
    await page.getByTestId("predict-input").setInputFiles(await photo(folder));
    await page.getByTestId("prediction").locator("li").nth(1).waitFor();
  });
  assertQuiet();
});

test("choices are remembered, by keyboard alone, until they are reset", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  const summary = page.locator("summary", { hasText: "Options" });
  await summary.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("name")), "head");
  await page.keyboard.press("l");
  const check = page.getByRole("checkbox", { name: /augmentation/ });
  for (let presses = 0; presses < 30 && !(await check.evaluate((element) => element === document.activeElement)); presses++) await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.getByRole("spinbutton", { name: /Turned by/ }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("5");
  await page.keyboard.press("Tab");
  await drawn(page);
  assert.match((await page.getByTestId("options-note").textContent()) ?? "", /linear head.*augmentation.*views 5/);
  await page.reload();
  await page.getByTestId("options-note").filter({ hasText: "views 5" }).waitFor();
  await open(page);
  assert.equal(await page.getByRole("combobox", { name: "Head" }).inputValue(), "linear");
  await page.getByRole("button", { name: "Reset to defaults" }).press("Enter");
  await drawn(page);
  assert.equal(await page.getByTestId("options-note").textContent(), "");
  await page.reload();
  await page.getByRole("button", { name: "Train", exact: true }).waitFor();
  assert.equal(await page.getByTestId("options-note").textContent(), "");
  assertQuiet();
});
