// What a kept project remembers of a person's choices, and takes back: the threshold, and images that were removed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureFolder } from "./pictures.mjs";
import { addFolder, drawn, openPage, train, waitForState } from "./site.mjs";

test("the threshold for none of these belongs to the project, and removed images come back after the page was closed", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 8 });
  const { page, site, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=3&project=first" });
  await addFolder(page, folder);
  await train(page);
  const slider = page.getByRole("slider", { name: /none of these/ });
  await slider.fill("62");
  await page.getByText("below 62.0 %", { exact: false }).first().waitFor();
  await page.waitForTimeout(600); // a slider is kept once it rests
  await page.getByText("Saved on this device").waitFor();

  await t.test("it holds after the page was closed, and for the next head of the same classes", async () => {
    await page.reload();
    await waitForState(page, "trained");
    await drawn(page);
    assert.equal(await slider.inputValue(), "62");
    await train(page);
    await drawn(page);
    assert.equal(await slider.inputValue(), "62");
  });

  await t.test("another project with the same classes has its own", async () => {
    await page.goto(`${site.url}?device=cpu&epochs=3&project=second`);
    await addFolder(page, folder);
    await train(page);
    await drawn(page);
    assert.equal(await slider.inputValue(), "0");
    await page.goto(`${site.url}?device=cpu&project=first`);
    await waitForState(page, "trained");
    await drawn(page);
    assert.equal(await slider.inputValue(), "62");
  });

  await t.test("a class is removed and brought back from the kept files", async () => {
    const region = page.getByRole("region", { name: labels[0], exact: true });
    await region.getByRole("button", { name: /^Remove/ }).first().click();
    const yes = page.getByRole("dialog").getByRole("button", { name: /^Remove/ });
    if (await yes.isVisible()) await yes.click();
    await region.waitFor({ state: "detached" });
    await page.keyboard.press("ControlOrMeta+z");
    await region.waitFor();
    await waitForState(page, "ready", "trained");
    await page.getByText("16 images · 2 classes").waitFor();
    assert.equal(await page.getByText("no longer at hand").count(), 0);
    await page.getByText("Saved on this device").waitFor();
    await page.reload();
    await page.getByText("16 images · 2 classes").waitFor();
  });
  assertQuiet();
});
