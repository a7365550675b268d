// Many predictions at once, and "none of these" where no class is sure enough.
import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { dsvFormat } from "d3-dsv";
import { coverageCurve, pointAt } from "../../www/page/coverage.js";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train } from "./site.mjs";

test("coverage and accuracy are what counting gives", () => {
  const images = Array.from({ length: 101 }, (_, n) => ({ label: "a", predicted: (n * 7) % 10 < 3 ? "b" : "a", probability: Math.floor(((n * 37) % 101) / 3) / 40 }));
  const curve = coverageCurve(images);
  for (const threshold of [0, 0.05, 0.1, 0.3, 0.5, 0.62, 0.825]) {
    const answered = images.filter(({ probability }) => probability >= threshold);
    const right = answered.filter(({ label, predicted }) => label === predicted).length;
    const point = pointAt(curve, threshold);
    assert.deepEqual([point?.answered, point?.coverage, point?.accuracy], [answered.length, answered.length / 101, right / answered.length], `${threshold}`);
  }
  assert.equal(pointAt(curve, 0.9), null);
  assert.deepEqual(coverageCurve([]), []);
});

test("many files become a table that sorts and a CSV with all probabilities; below the threshold they are none of these", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 8 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=5" });
  await addFolder(page, folder);
  await train(page);
  const paths = (await Promise.all(labels.map(async (label) => (await readdir(join(folder, label))).slice(0, 3).map((file) => join(folder, label, file))))).flat();
  const broken = join(folder, 'not, a "picture".png');
  await writeFile(broken, "no picture");
  const predict = page.getByRole("region", { name: "Predict", exact: true });
  await page.getByTestId("predict-input").setInputFiles([...paths, broken]);
  await predict.getByRole("status").getByText(/^7 images classified\.$/).waitFor();
  const rows = predict.getByTestId("predictions").locator("tbody tr");
  assert.equal(await rows.count(), 7);

  const head = predict.getByRole("columnheader", { name: "Probability" });
  await head.getByRole("button").click();
  assert.equal(await head.getAttribute("aria-sort"), "descending");
  const shares = async () => (await rows.locator("td.number").allTextContents()).map(parseFloat);
  assert.deepEqual(await shares(), (await shares()).sort((a, b) => b - a));

  const download = page.waitForEvent("download");
  await predict.getByRole("button", { name: "Save as CSV" }).click();
  const table = dsvFormat(",").parse(await readFile(await (await download).path(), "utf8"));
  assert.deepEqual(table.columns, ["file", "answer", "probability", ...labels, "error"]);
  for (const row of table.filter(({ error }) => !error)) {
    assert.equal(Number(row[row.answer]), Number(row.probability));
    assert.ok(Math.abs(labels.reduce((sum, label) => sum + Number(row[label]), 0) - 1) < 1e-4);
  }
  assert.match(table.find(({ file }) => file === 'not, a "picture".png')?.error ?? "", /not a picture|picture/);

  const coverage = page.getByTestId("coverage");
  assert.match((await coverage.getByRole("status").textContent()) ?? "", /^It always answers/);
  const slider = coverage.getByRole("slider", { name: /Say “none of these”/ });
  await slider.focus();
  await page.keyboard.press("End");
  await coverage.getByRole("status").filter({ hasText: "Below 99.0 % it says “none of these”." }).waitFor();
  const none = (await shares()).filter((share) => share < 99).length;
  assert.equal(await rows.filter({ hasText: "none of these" }).count(), none);
  await rows.last().getByRole("button").or(rows.first().getByRole("button")).first().click();
  await coverage.getByText("Coverage as a table").click();
  assert.equal(await coverage.locator("tbody tr").count(), 10);

  // It is kept for a head of the same classes.
  await page.getByRole("button", { name: "Train again" }).click();
  await predict.getByTestId("predictions").waitFor({ state: "hidden" });
  await page.waitForFunction(() => document.documentElement.dataset.state === "trained");
  assert.equal(await slider.inputValue(), "99");
  assertQuiet();
});
