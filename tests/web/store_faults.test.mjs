// Where a project can't be kept as it should: two tabs, a full disk, no database at all.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DIST, copyWithoutWeights } from "./browser.mjs";
import { flush, keysOf, openBeside, rename, shown, waitForSaved } from "./kept.mjs";
import { emptyFolder, pictureFolder } from "./pictures.mjs";
import { addFolder, openPage, train, waitForState } from "./site.mjs";

const CPU = "?device=cpu&epochs=4";

test("a second tab looks on, takes over, and no edit is lost", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 4 });
  const { page, site, assertQuiet } = await openPage(t, { path: CPU });
  await addFolder(page, folder);
  await waitForSaved(page);
  const [, second] = (await shown(page)).classes; // the page sorts classes in its own way
  const other = await openBeside(page, site.url + CPU);
  await waitForState(other, "ready");
  await other.getByText("This project is open in another tab").first().waitFor();
  assert.deepEqual(await shown(other), await shown(page));
  await rename(other, "refused");
  await other.getByTestId("error").getByText("open in another tab").waitFor();
  assert.ok(!(await keysOf(page, "images")).some((key) => key[1] > 7), "nothing was written");

  let [mine, theirs] = [other, page];
  for (let edit = 0; edit < 6; edit++) {
    await mine.getByRole("button", { name: "Take it over" }).click();
    await waitForSaved(mine);
    await waitForState(mine, "ready");
    await theirs.getByText("This project is open in another tab").first().waitFor();
    if (edit > 0) assert.ok((await shown(mine)).classes.includes(`edit ${edit - 1}`), `edit ${edit - 1} is there`);
    await rename(mine, `edit ${edit}`);
    [mine, theirs] = [theirs, mine];
  }
  await theirs.evaluate(flush);
  await theirs.close();
  await mine.reload();
  await waitForState(mine, "ready");
  assert.deepEqual((await shown(mine)).classes.sort(), ["edit 5", second].sort());
  assertQuiet();
});

test("a full disk holds saving back, and nothing is lost", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 6 });
  const { page, site, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(site.url);
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 20_000 });
  await page.goto(site.url + CPU);
  await addFolder(page, folder);
  await page.getByTestId("error").getByText("The disk is full, so saving is paused").waitFor();
  await page.waitForFunction(() => /^12 images/.test(document.getElementById("tally")?.textContent ?? ""));
  await train(page); // goes on without
  await session.send("Storage.overrideQuotaForOrigin", { origin });
  await page.getByRole("button", { name: "Save now" }).click();
  await waitForSaved(page);
  await page.reload();
  await waitForState(page, "trained");
  assert.match((await shown(page)).tally ?? "", /^12 images/);
  assertQuiet();
});

test("a browser that keeps nothing is as good until it is closed", async (t) => {
  const folder = await copyWithoutWeights(await emptyFolder(t), "worker/engine.js");
  const engine = await readFile(join(DIST, "worker/engine.js"), "utf8");
  await writeFile(join(folder, "worker/engine.js"), `${engine}\ndelete WorkerGlobalScope.prototype.indexedDB;\n`);
  const { page, assertQuiet } = await openPage(t, { path: CPU, folder });
  await waitForState(page, "ready");
  await page.getByTestId("notice").getByText("This browser keeps nothing for the page").waitFor();
  await addFolder(page, (await pictureFolder(t, { classes: 2, each: 5 })).folder);
  await train(page);
  assertQuiet();
});
