// Another network on the page: chosen as files, its images run through it again; a file that is none leaves the one of before.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DATA, emptyFolder, pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

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
  await page.getByTestId("weights-files").setInputFiles([join(model, "model.json"), join(model, "weights.bin")]);
  await page.waitForFunction(() => document.querySelector("#backbone-name")?.textContent?.startsWith("mobilenet"));
  await waitForState(page, "ready");
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
