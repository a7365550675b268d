// After one visit the page needs no network, and a newer version of it waits until it is asked for.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serve } from "../../build/serve.mjs";
import { DIST } from "./browser.mjs";
import { emptyFolder, pictureFolder } from "./pictures.mjs";
import { PATIENCE_MS, addFolder, openBrowser, train } from "./site.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A browser that has been on the site once, and the site's address.
 * @param {import("node:test").TestContext} t @param {string} folder @param {string} base
 */
async function visitOnce(t, folder, base) {
  const site = await serve(folder, { port: 0, base });
  const browser = await openBrowser(t, false);
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.goto(`${site.url}?device=cpu`);
  await page.getByText("This page now opens without a network.").waitFor();
  await page.close();
  return { site, context };
}

test("with the network cut, a second visit loads, adds, trains, predicts and exports", async (t) => {
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 8 });
  const { site, context } = await visitOnce(t, DIST, "/some/where/");
  await context.setOffline(true);
  await site.close();

  const page = await context.newPage();
  /** @type {string[]} */
  const problems = [];
  page.on("pageerror", ({ message }) => problems.push(message));
  await page.goto(`${site.url}?device=cpu&epochs=2`);
  await addFolder(page, folder);
  const run = await train(page);
  assert.equal(run.images, 16);
  const [file] = await readdir(join(folder, labels[0]));
  await page.getByTestId("predict-input").setInputFiles(join(folder, labels[0], file));
  await page.getByTestId("prediction").locator("li").first().waitFor();
  const download = page.waitForEvent("download");
  await page.getByTestId("export").click();
  assert.ok((await readFile(await (await download).path())).length > 1000);
  assert.deepEqual(problems, []);

  await t.test("so do the example pictures", async (t) => {
    if (!(await readFile(join(DIST, "examples/solar-cells/manifest.json")).catch(() => null))) return t.skip("dist/ has no examples");
    const kept = await page.evaluate(async () => {
      const folder = new URL("examples/solar-cells/", location.href);
      const { classes } = await (await fetch(new URL("manifest.json", folder))).json();
      const first = classes.map((/** @type {{files: string[]}} */ { files }) => new URL(files[0], folder));
      return Promise.all(first.map(async (/** @type {URL} */ url) => (await fetch(url)).ok));
    });
    assert.ok(kept.length > 0 && kept.every(Boolean));
  });
});

test("a newer version waits until it is asked for", async (t) => {
  const copy = join(await emptyFolder(t), "dist");
  await cp(DIST, copy, { recursive: true });
  const { site, context } = await visitOnce(t, copy, "/");
  await site.close();

  const html = join(copy, "index.html");
  await writeFile(html, (await readFile(html, "utf8")).replace("<h1>headstart</h1>", "<h1>headstart 2</h1>"));
  await Promise.all([".br", ".gz"].map((suffix) => rm(html + suffix, { force: true })));
  await cp(join(ROOT, "www/offline"), join(copy, "offline"), { recursive: true });
  await promisify(execFile)(process.execPath, [join(ROOT, "build/offline.mjs"), copy]);
  const newer = await serve(copy, { port: Number(new URL(site.url).port) });
  t.after(() => newer.close());

  const page = await context.newPage();
  await page.goto(`${newer.url}?device=cpu`);
  assert.equal(await page.locator("h1").textContent(), "headstart", "the version of before, whole");
  await page.getByRole("button", { name: "Reload with it" }).click();
  await page.getByRole("heading", { name: "headstart 2" }).waitFor();
});
