// Another network on the page: chosen as files, its images run through it again; a file that is none leaves the one of before.
import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DATA, emptyFolder, pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

/** Any picture of a folder of class folders. @param {string} folder */
async function photo(folder) {
  const [label] = await readdir(folder);
  const [name] = await readdir(join(folder, label));
  return join(folder, label, name);
}

test("a Teachable Machine export as the network, and back", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=2" });
  await addFolder(page, folder);
  await page.locator("#backbone > summary").click();

  const junk = join(await emptyFolder(t), "junk.pth");
  await writeFile(junk, Buffer.alloc(5000, 7));
  await page.getByTestId("weights-files").setInputFiles(junk);
  await page.getByTestId("error").getByText(/junk\.pth.*The network of before stays in use\./).waitFor();
  assert.equal(await page.locator("#backbone-name").textContent(), "efficientnet-lite0");

  const model = join(DATA ?? "", "tm-mobilenet");
  await page.getByTestId("weights-files").setInputFiles(["model.json", "weights.bin", "metadata.json"].map((name) => join(model, name)));
  await page.waitForFunction(() => document.querySelector("#backbone-name")?.textContent?.startsWith("mobilenet"));
  await waitForState(page, "ready");
  await page.getByText("it knows Cumulus, Stratus, Contrail, Nimbostratus.").waitFor();
  await page.getByTestId("predict-input").setInputFiles(await photo(folder));
  await page.getByTestId("prediction").getByText("Contrail").waitFor();
  assert.equal(await page.getByTestId("prediction").locator("li").count(), 4);
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=classes] img").length === 12);
  const run = await train(page);
  assert.match(run.backbone, /^mobilenet/);
  assert.equal(run.images, 12);

  await page.getByTestId("weights-reset").click();
  await page.waitForFunction(() => document.querySelector("#backbone-name")?.textContent === "efficientnet-lite0");
  await waitForState(page, "ready");
  assert.equal((await train(page)).backbone, "efficientnet-lite0");
  assertQuiet();
});
