// The packed package trains in Chromium: on a plain page, and in an app by Vite and by webpack, without settings.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build, createServer } from "vite";
import webpack from "webpack";
import { CSP_OF_APPS } from "../../build/serve.mjs";
import { openBrowser, openPage } from "../web/site.mjs";
import { HTML, MAIN, installApp, pictures, trainThere, write } from "./app.mjs";

/** Opens a page that has the package, trains there, and gives the rows. @param {import("node:test").TestContext} t @param {string} folder @param {string} [path] */
async function train(t, folder, path) {
  const { page, assertQuiet } = await openPage(t, { folder, path, csp: CSP_OF_APPS, webgpu: false });
  const { rows, ...out } = await trainThere(page);
  const labels = pictures().map(({ label }) => label);
  assert.deepEqual([out.accepted, out.rejected], [16, []]);
  assert.deepEqual(out.epochs, [1, 2, 3, 4, 5]);
  assert.deepEqual([out.label, out.runs, out.epochsAlone], ["rings", 1, 5]);
  assert.ok(out.size > 13e6, "the backbone is in the bundle");
  assert.deepEqual(out.refused, [["none.jpg", "not-an-image"]]);
  assert.deepEqual(out.codes, ["AbortError", "wrong-rows", "weights-invalid", "unknown-backbone"]);
  for (const best of out.best) assert.deepEqual(best, labels);
  assert.equal(rows.length, 16 * 1280);
  assertQuiet();
  return rows;
}

test("the packed package trains in Chromium", async (t) => {
  const { folder } = await installApp(t, {
    "plain.html": HTML("./plain.js"),
    "plain.js": MAIN.replace('"headstart"', '"./node_modules/headstart/index.js"'),
    "index.html": HTML("./main.js"),
    "main.js": MAIN,
  });
  /** @type {number[]} */
  let rows = [];
  await t.test("on a plain page", async (t) => {
    rows = await train(t, folder, "plain.html");
  });
  await t.test("its rows are those of Node", async () => {
    const node = await import(pathToFileURL(join(folder, "node_modules/headstart/node.js")).href);
    const features = await node.extractFeatures(pictures());
    const farthest = features.rows.reduce((/** @type {number} */ most, /** @type {number} */ value, /** @type {number} */ i) => Math.max(most, Math.abs(value - rows[i])), 0);
    assert.ok(farthest < 1e-4, `${farthest}`); // one may have relaxed-simd, the other not
  });
  await t.test("in an app built by Vite", async (t) => {
    await build({ root: folder, configFile: false, logLevel: "error" });
    assert.deepEqual(await train(t, join(folder, "dist")), rows);
  });
  await t.test("on Vite's development server", async (t) => {
    const server = await createServer({ root: folder, configFile: false, logLevel: "error", server: { port: 0, host: "127.0.0.1" } });
    t.after(() => server.close());
    await server.listen();
    const page = await (await openBrowser(t, false)).newPage();
    await page.goto(server.resolvedUrls?.local[0] ?? "");
    assert.deepEqual((await trainThere(page)).rows, rows);
  });
  await t.test("in an app built by webpack", async (t) => {
    const out = join(folder, "packed");
    await mkdir(out);
    const compiler = webpack({ context: folder, entry: "./main.js", mode: "production", output: { path: out, filename: "main.js" } });
    const stats = await promisify(compiler.run.bind(compiler))();
    assert.deepEqual(stats?.toJson({ all: false, errors: true }).errors, []);
    await write(out, { "index.html": HTML("./main.js") });
    assert.deepEqual(await train(t, out), rows);
  });
});
