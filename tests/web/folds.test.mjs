// Cross-validation on the page, as a person asks for it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, drawn, openPage, train, waitForState } from "./site.mjs";

test("every image is held back once, with the interval, the folds and the baseline told", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 20 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=4&workers=2" });
  await addFolder(page, folder);
  const run = await train(page);
  const part = page.getByTestId("folds");
  await part.getByRole("combobox", { name: "Folds" }).selectOption("3");
  await part.getByRole("button", { name: "Cross-validate" }).click();
  await page.getByText("Folds as a table").waitFor();
  await waitForState(page, "trained");
  const words = (await part.getByRole("status").textContent()) ?? "";
  assert.match(words.replaceAll("\u00a0", " "), /% of 40 images were called right by heads that had not seen them: between .* and .*The folds lie from .* most frequent class would give 50\.0 %/);
  assert.match((await part.getByRole("img").getAttribute("aria-label")) ?? "", /Accuracy of 3 folds, .* against 50\.0 %/);
  await page.getByText("Folds as a table").click();
  const rows = await part.getByRole("row").allTextContents();
  assert.equal(rows.length, 5, "a head, three folds and their sum");
  assert.match(rows[4], /^All.*40/);
  assert.deepEqual(JSON.parse((await page.getByTestId("run").textContent()) ?? ""), run, "the trained head is as it was");

  await t.test("its numbers are those of the API with nothing chosen by validation", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), part.getByRole("button", { name: /^CSV/ }).click()]);
    const lines = (await readFile(await download.path(), "utf8")).trim().split(/\r?\n/).map((line) => line.split(","));
    assert.deepEqual(lines[0], ["fold", "accuracy", "from", "to", "train", "validation"]);
    assert.equal(lines.slice(1, 4).reduce((sum, line) => sum + Number(line[5]), 0), 40, "each image validates once");
    const mean = lines.slice(1, 4).reduce((sum, line) => sum + Number(line[1]) * Number(line[5]), 0) / 40;
    assert.ok(Math.abs(mean - Number(lines[4][1])) < 1e-9);
    assert.ok(Number(lines[4][2]) <= mean && mean <= Number(lines[4][3]));
  });

  await t.test("and they are said to be old when an image goes", async () => {
    const region = page.getByRole("region", { name: labels[0], exact: true });
    await region.getByRole("img").first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await part.getByText("The images have changed since.").waitFor();
  });
  assertQuiet();
});

test("cross-validation tells how long it takes, and can be stopped", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 10 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=1" });
  await addFolder(page, folder);
  await train(page);
  await page.getByText("Options", { exact: false }).filter({ visible: true }).locator("xpath=ancestor-or-self::summary").first().click();
  await page.getByRole("spinbutton", { name: "Epochs", exact: true }).fill("1000");
  await page.getByRole("spinbutton", { name: "Batch size" }).fill("1");
  await page.getByRole("spinbutton", { name: "Batch size" }).blur();
  await drawn(page);
  await page.getByRole("button", { name: "Cross-validate" }).click();
  await page.getByTestId("progress").filter({ hasText: /Cross-validating.*%.*left/s }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Cross-validate" }).isDisabled());
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await waitForState(page, "trained");
  await drawn(page);
  assert.ok(await page.getByText("Folds as a table").isHidden(), "nothing is claimed");
  assert.ok(await page.getByRole("button", { name: "Cross-validate" }).isEnabled());
  assertQuiet();
});
