// The failure that this product was made from, through the page: solar cells, the network of a Teachable Machine export that
// was chosen as files, and the lab's policies. The bounds are those of PyTorch on the same pictures, with room for another
// split and another start: HEADSTART_DATA/golden/reference.json.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { DATA } from "./pictures.mjs";
import { addFolder, openPage, waitForState } from "./site.mjs";

/** As the references: heads see 6 batches of 64 in each. */
const EPOCHS = 30;

/** Accuracies of a run, 0…1: at its last epoch, and of its best one, which is the head that a training keeps.
 * @typedef {{train: number, validation: number, best: number}} Ended
 */

test("stored statistics hold, batch statistics fail in validation, re-estimated ones cure it", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu" });
  await waitForState(page, "ready");
  await page.locator("#backbone > summary").click();
  const model = join(DATA ?? "", "tm-mobilenet");
  await page.getByTestId("weights-files").setInputFiles([join(model, "model.json"), join(model, "weights.bin")]);
  await page.waitForFunction(() => document.querySelector("#backbone-name")?.textContent === "mobilenetv2-0.35");
  await waitForState(page, "ready");
  await addFolder(page, join(DATA ?? "", "elpv4-mini"));
  await page.getByRole("link", { name: "BatchNorm lab" }).click();
  await page.getByTestId("lab-epochs").fill(String(EPOCHS));

  /** @param {string} policy @param {string} [validation] @returns {Promise<Ended>} */
  const run = async (policy, validation = "") => {
    await page.getByTestId("lab-policy").selectOption(policy);
    await page.getByTestId("lab-validationPolicy").selectOption(validation);
    await page.getByTestId("lab-run").click();
    await waitForState(page, "lab");
    await waitForState(page, "ready", "failed");
    const cells = await page.getByTestId("lab-table").locator("tbody tr").last().locator("td").allTextContents();
    const shares = cells.filter((text) => text.includes("%")).map((text) => parseFloat(text) / 100);
    t.diagnostic(`${policy}${validation && ` → ${validation}`}: ${cells.join(" | ")}`);
    return { train: shares[0], validation: shares[1], best: shares[2] };
  };
  const stored = await run("stored");
  const batch = await run("batch", "stored");
  const reestimated = await run("reestimated");
  const cured = await run("batch", "reestimated");

  assert.ok(stored.best >= 0.8, `stored ${stored.best}`);
  assert.ok(batch.train >= 0.98 && batch.validation <= 0.55, `batch ${batch.train}, ${batch.validation}`);
  assert.ok(reestimated.best >= 0.74, `reestimated ${reestimated.best}`);
  assert.ok(cured.best >= 0.74, `batch, then reestimated ${cured.best}`);
  assertQuiet();
});
