// The BatchNorm lab as a learner goes through it: guess, run, look, cure; then a run of one's own, and one that is stopped.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, waitForState } from "./site.mjs";

/** @param {import("playwright-core").Page} page */
const rows = (page) => page.getByTestId("lab-table").locator("tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));

/** Makes a guess in a step and presses its button. @param {import("playwright-core").Page} page @param {string} guess @param {string} step */
async function answerStep(page, guess, step) {
  await page.getByRole("radio", { name: guess, exact: true }).check();
  await page.getByTestId(`lesson-${step}`).click();
  await waitForState(page, "ready", "trained", "failed");
  await page.getByTestId(`lesson-${step}`).waitFor({ state: "hidden" });
}

/** @param {import("playwright-core").Page} page @param {number} epochs */
async function openLab(page, epochs) {
  await page.getByRole("link", { name: "BatchNorm lab" }).click();
  await page.getByTestId("lab-epochs").fill(String(epochs));
  await page.getByTestId("lab-batchSize").fill("8");
}

test("the lesson: guess, reproduce, look inside, cure", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 10 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await addFolder(page, folder);
  await openLab(page, 2);
  const lab = page.getByTestId("lab");

  await answerStep(page, "The head overfits", "puzzle");
  await lab.getByText("ResNet50 has BatchNorm layers, VGG19 has none.").waitFor();

  assert.ok(await page.getByTestId("lesson-reproduce").isDisabled(), "first a guess");
  await answerStep(page, "5 to 20 points", "reproduce");
  await lab.getByText(/With stored statistics validation ends at .*points (lower|higher)/).waitFor();
  assert.deepEqual((await rows(page)).map(([name, epochs]) => [name, epochs]), [["Stored", "2 epochs"], ["Batch", "2 epochs"]]);

  await answerStep(page, "Yes, nearly", "inside");
  assert.equal(await page.getByTestId("lab-layers").locator("tbody tr").count(), 49, "EfficientNet-Lite0 has 49 BatchNorm layers");
  assert.ok(await lab.locator("#projection-canvas").isVisible());

  await answerStep(page, "Re-estimated", "cure");
  await lab.getByText(/Few images mean few updates/).waitFor();
  assert.deepEqual((await rows(page)).map(([name]) => name), ["Stored", "Batch", "Updated (0.99)", "Updated (0.9)", "Re-estimated"]);
  assert.notEqual(await page.getByTestId("lab-sentences").textContent(), "");

  await answerStep(page, "More dropout in the head", "habit");
  await lab.getByText("backbone.eval()").waitFor();
  assertQuiet();
});

test("a run of one's own, and one that is stopped", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 10 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu#lab" });
  await addFolder(page, folder);
  await openLab(page, 2);
  await page.getByTestId("lab-policy").selectOption("batch");
  await page.getByTestId("lab-validationPolicy").selectOption("reestimated");
  await page.getByTestId("lab-run").click();
  await waitForState(page, "ready", "failed");
  assert.deepEqual((await rows(page)).map(([name]) => name), ["Batch, validated with re-estimated"]);

  await page.getByTestId("lab-epochs").fill("200");
  await page.getByTestId("lab-run").click();
  await page.waitForFunction(() => /^[1-9]\d* of/.test(document.querySelectorAll("[data-testid=lab-table] tbody tr")[1]?.children[1]?.textContent ?? ""));
  await page.getByTestId("stop").click();
  await page.getByTestId("notice").getByText("Stopped. The runs and epochs so far stay.").waitFor();
  await waitForState(page, "ready", "failed");
  assert.match((await rows(page))[1][1] ?? "", /^\d+ of 200 epochs$/);

  await page.getByRole("link", { name: "Train", exact: true }).click();
  await page.getByTestId("train").waitFor();
  assertQuiet();
});
