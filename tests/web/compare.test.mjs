// The quick comparison of heads and networks, as a person asks for it.
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DIST } from "./browser.mjs";
import { DATA, pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

test("heads are compared on the same folds, the best is marked, and rows that are done stay", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 16 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=3&workers=2" });
  await addFolder(page, folder);
  await train(page);
  const part = page.getByTestId("comparison");
  await part.getByRole("button", { name: "Compare the heads" }).click();
  await part.getByRole("row").nth(3).waitFor();
  await waitForState(page, "trained");
  const rows = await part.getByRole("row").allTextContents();
  assert.equal(rows.length, 4);
  assert.match(rows[1], /^Linear.*EfficientNet|^Linear.*efficientnet/i);
  assert.match(rows[2], /^Hidden layers.*% to .*MB/);
  assert.match(rows[3], /^Nearest neighbours.*% to .*MB/);
  assert.equal(rows.filter((row) => row.includes("best")).length, 1);
  assert.match((await part.getByRole("status").textContent()) ?? "", /The best is marked/);
  const [download] = await Promise.all([page.waitForEvent("download"), part.getByRole("button", { name: /^Download CSV/ }).click()]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split(/\r?\n/);
  assert.equal(lines[0], "head,backbone,accuracy,from,to,seconds,bytes");
  const network = (await stat(join(DIST, "weights/efficientnet-lite0.safetensors"))).size;
  const sizes = lines.slice(1).map((line) => Number(line.split(",").at(-1)) - network);
  const layers = 4 * (1281 * 512 + 513 * 512 + 513 * 2);
  assert.deepEqual(sizes, [4 * (1280 * 2 + 2), layers, 4 * 32 * 1280], "bytes of the network, and of weights or rows");

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

test("networks that have looked at the images before are compared without running them, one that lacks some is told of", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 10 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=3&workers=2" });
  await addFolder(page, folder);
  await page.locator("#backbone > summary").click();
  const model = join(DATA ?? "", "tm-mobilenet");
  await page.getByTestId("weights-files").setInputFiles(["model.json", "weights.bin", "metadata.json"].map((name) => join(model, name)));
  await page.waitForFunction(() => document.querySelector("#backbone-name")?.textContent?.startsWith("mobilenet"));
  await waitForState(page, "ready");
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=classes] img").length === 20);
  await train(page);
  const part = page.getByTestId("comparison");
  await part.getByRole("button", { name: "Compare the heads" }).click();
  await part.getByRole("row").nth(6).waitFor();
  await waitForState(page, "trained");
  const rows = await part.getByRole("rowheader").allTextContents();
  assert.deepEqual(rows.map((name) => name.replace(/ best$/, "")), ["Linear", "Hidden layers (MLP)", "Nearest neighbours", "Linear", "Hidden layers (MLP)", "Nearest neighbours"]);
  const networks = await part.locator("tbody tr td:nth-of-type(1)").allTextContents();
  assert.ok(networks.slice(0, 3).every((name) => name.startsWith("mobilenet")) && networks.slice(3).every((name) => name === "efficientnet-lite0"), networks.join());
  assert.equal(await part.getByText("best", { exact: true }).count(), 1);

  await t.test("an image that the other network has not seen", async () => {
    const { folder } = await pictureFolder(t, { classes: 2, each: 11 });
    await addFolder(page, folder);
    await part.getByRole("button", { name: "Compare the heads" }).click();
    await part.getByText(/efficientnet-lite0 has not looked at \d+ images? yet, so it is not compared\./).waitFor();
    await waitForState(page, "trained", "ready");
    await part.getByRole("row").nth(3).waitFor();
    assert.equal(await part.getByRole("row").count(), 4, "the open network's heads");
  });
  assertQuiet();
});
