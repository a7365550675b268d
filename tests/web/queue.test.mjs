// One queue for long work: what is asked for meanwhile waits, begins by itself, and can be taken back; adding can be paused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, drawn, openPage, train, waitForState } from "./site.mjs";

/** Without the form, which has a limit of its own. @param {import("playwright-core").Page} page @param {number} epochs */
const epochs = (page, epochs) => page.evaluate(async (epochs) => {
  const { change } = await import(new URL("page/state.js", location.href).href);
  change((/** @type {any} */ state) => (state.options = { ...state.options, epochs }));
}, epochs);

test("work that is asked for meanwhile waits in the dock, in order, once each, and can be taken back", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 12 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=6&project=none" });
  await addFolder(page, folder);
  await train(page);
  const queue = page.getByRole("list", { name: "What waits" });
  const folds = page.getByRole("button", { name: "Cross-validate" });
  const curve = page.getByRole("button", { name: "Find out" });
  await epochs(page, 4000);
  await page.getByRole("button", { name: "Train again" }).click();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByTestId("progress").getByText(/^Paused after epoch/).waitFor();
  await folds.click();
  await curve.click();
  await page.getByRole("button", { name: "Compare the heads" }).click();
  await drawn(page);
  assert.deepEqual(await queue.getByRole("listitem").locator("span").allTextContents(), ["Next: Cross-validating", "Then: Training on parts of the images", "Then: Comparing the heads"]);
  assert.ok(await folds.isDisabled(), "what waits is not asked for twice");

  await queue.getByRole("button", { name: "Take “Comparing the heads” out of the queue" }).click();
  await drawn(page);
  assert.equal(await queue.getByRole("listitem").count(), 2);
  assert.ok(await queue.getByRole("button").first().evaluate((button) => button === document.activeElement), "the focus stays in the list");
  await queue.getByRole("button", { name: "Take “Training on parts of the images” out of the queue" }).click();

  // Few epochs for what waits; what runs is stopped, and the next begins by itself.
  await epochs(page, 3);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText(/of 24 images were called right by heads that had not seen them/).waitFor();
  await page.waitForFunction(() => document.documentElement.dataset.state === "trained" && document.querySelector("[data-testid=queue]")?.hasAttribute("hidden"));
  assert.ok(await folds.isEnabled());
  assertQuiet();
});

test("adding is paused between two images and goes on with the next", async (t) => {
  const { folder } = await pictureFolder(t, { classes: 2, each: 60 });
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&project=none" });
  await waitForState(page, "ready");
  await page.getByTestId("add-images").setInputFiles(folder);
  await page.getByRole("button", { name: "Pause" }).click();
  const paused = page.getByTestId("progress").getByText(/^Paused after \d+ of 120$/);
  await paused.waitFor();
  await page.waitForTimeout(1500); // those under way arrive
  const before = await paused.textContent();
  await page.waitForTimeout(1000);
  assert.equal(await paused.textContent(), before);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.getByTestId("progress").getByText("then training starts").waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await waitForState(page, "trained");
  await page.getByTestId("progress").getByText("120 images in 2 classes").waitFor();
  assertQuiet();
});
