// The backbone's weights missing or altered: a message with what is needed to act on it, and Retry works.
import assert from "node:assert/strict";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DIST, copyWithoutWeights, weightsPath } from "./browser.mjs";
import { emptyFolder } from "./pictures.mjs";
import { openPage, waitForState } from "./site.mjs";

const WEIGHTS = weightsPath();

/** @param {import("playwright-core").Page} page @param {string} folder */
async function retryWorks(page, folder) {
  await copyFile(join(DIST, WEIGHTS), join(folder, WEIGHTS));
  await page.getByRole("button", { name: "Retry" }).click();
  await waitForState(page, "ready");
  assert.equal((await page.getByTestId("error").textContent())?.trim(), "");
}

test("missing weights: the address is named, Retry works", async (t) => {
  const folder = await copyWithoutWeights(await emptyFolder(t));
  const { page, site, assertQuiet } = await openPage(t, { folder, path: "?device=cpu", forgive: /404 .*safetensors/ });
  await waitForState(page, "failed");
  const text = (await page.getByTestId("error").locator("p").textContent()) ?? "";
  assert.ok(text.includes(site.url + WEIGHTS), text);
  assert.match(text, /404/);
  await retryWorks(page, folder);
  assertQuiet();
});

for (const [what, alter] of /** @type {[string, (bytes: Buffer) => Buffer][]} */ ([
  ["one bit differs", (bytes) => (bytes[bytes.length >> 1] ^= 1, bytes)],
  ["cut off", (bytes) => bytes.subarray(0, bytes.length - 1000)],
])) {
  test(`altered weights (${what}): both hashes are named, Retry works`, async (t) => {
    const folder = await copyWithoutWeights(await emptyFolder(t));
    await writeFile(join(folder, WEIGHTS), alter(await readFile(join(DIST, WEIGHTS))));
    const { page, assertQuiet } = await openPage(t, { folder, path: "?device=cpu" });
    await waitForState(page, "failed");
    const text = (await page.getByTestId("error").locator("p").textContent()) ?? "";
    const hashes = text.match(/[0-9a-f]{64}/g) ?? [];
    assert.equal(new Set(hashes).size, 2, text);
    await retryWorks(page, folder);
    assertQuiet();
  });
}
