// The quick comparison of heads, as a person asks for it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

test("heads are compared on the same folds, the best is marked, and rows that are done stay", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 16 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=3&workers=2" });
  await addFolder(page, folder);
  await train(page);
  const part = page.getByTestId("comparison");
  await part.getByRole("button", { name: "Compare the heads" }).click();
  await part.getByRole("row").nth(2).waitFor();
  await waitForState(page, "trained");
  const rows = await part.getByRole("row").allTextContents();
  assert.equal(rows.length, 3);
  assert.match(rows[1], /^Linear.*EfficientNet|^Linear.*efficientnet/i);
  assert.match(rows[2], /^Hidden layers.*% to .*MB/);
  assert.equal(rows.filter((row) => row.includes("best")).length, 1);
  assert.match((await part.getByRole("status").textContent()) ?? "", /The best is marked/);
  const [download] = await Promise.all([page.waitForEvent("download"), part.getByRole("button", { name: /^Download CSV/ }).click()]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split(/\r?\n/);
  assert.equal(lines[0], "head,backbone,accuracy,from,to,seconds,bytes");
  assert.equal(Number(lines[1].split(",").at(-1)), 4 * (1280 * 2 + 2), "a linear head's weights");

  await t.test("stopped on the way, it has what was done", async () => {
    await page.getByRole("region", { name: "bonsai", exact: true }).or(page.getByRole("region").first()).first().getByRole("img").first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await part.getByText("The images have changed since. Compare again.").waitFor();
    await page.locator("summary", { hasText: "Options" }).click();
    await page.getByRole("spinbutton", { name: "Batch size" }).fill("1");
    await page.getByRole("spinbutton", { name: "Epochs", exact: true }).fill("100");
    await page.getByRole("spinbutton", { name: "Epochs", exact: true }).blur();
    await part.getByRole("button", { name: "Compare the heads" }).click();
    await part.getByText("One is done; there is nothing yet to compare it with.").waitFor();
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await waitForState(page, "trained", "ready");
    assert.equal(await part.getByRole("row").count(), 2, "the linear head's row");
  });
  assertQuiet();
});
