// What a web server may do with dist/: send the compressed files, and let browsers keep what has its hash in its address.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile, stat, utimes, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { DIST, copyWithoutWeights, weightsPath } from "./browser.mjs";
import { emptyFolder, pictureFolder } from "./pictures.mjs";
import { PATIENCE_MS, addFolder, openBrowser, openPage, openSite, train, waitForState } from "./site.mjs";

/** Unlike fetch, it leaves the body as it comes. @param {string} url @param {string} accepted
 * @returns {Promise<{headers: import("node:http").IncomingHttpHeaders, body: Buffer}>}
 */
const get = (url, accepted) => new Promise((resolve, reject) => {
  request(url, { headers: { "accept-encoding": accepted } }, (response) => {
    /** @type {Buffer[]} */
    const parts = [];
    response.on("data", (part) => parts.push(part)).on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts) }));
  }).on("error", reject).end();
});

test("each file goes as its visitor takes it", async (t) => {
  const site = await openSite(t);
  for (const path of ["worker/engine.js", "pkg/pool_bg.wasm", "style.css", weightsPath()]) {
    const bytes = await readFile(join(DIST, path));
    const br = await get(site.url + path, "gzip, deflate, br, zstd");
    assert.equal(br.headers["content-encoding"], "br", path);
    assert.ok(brotliDecompressSync(br.body).equals(bytes) && br.body.length < bytes.length, path);
    const gz = await get(site.url + path, "gzip, br;q=0");
    assert.equal(gz.headers["content-encoding"], "gzip", path);
    assert.ok(gunzipSync(gz.body).equals(bytes), path);
    assert.notEqual(gz.headers.etag, br.headers.etag);
    const raw = await get(site.url + path, "identity");
    assert.equal(raw.headers["content-encoding"], undefined);
    assert.ok(raw.body.equals(bytes), path);
  }
});

test("page and workers come with the content security policy that the page has in itself", async (t) => {
  const site = await openSite(t);
  const page = await get(site.url, "identity");
  const own = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page.body.toString())?.[1];
  const sent = `${page.headers["content-security-policy"]}`;
  assert.equal(sent.replace("frame-ancestors 'none'; ", ""), own, "but for what holds in a header alone");
  assert.match(sent, /frame-ancestors 'none'/);
  assert.equal((await get(`${site.url}worker/engine.js`, "identity")).headers["content-security-policy"], sent);
});

test("dist/ lists what it has from others", async () => {
  const text = (/** @type {string} */ path) => readFile(join(DIST, path), "utf8");
  const { bomFormat, components } = JSON.parse(await text("sbom.cdx.json"));
  assert.equal(bomFormat, "CycloneDX");
  const named = components.map((/** @type {{name: string, version: string}} */ { name, version }) => `${name} ${version}`);
  for (const line of (await text("vendor/versions.txt")).trim().split("\n")) assert.ok(named.includes(line), line);
  const crates = (await text("licenses-rust.txt")).split("\n\n")[1].split("\n").map((line) => line.split(":")[0]);
  assert.ok(crates.length > 100);
  assert.deepEqual(crates.filter((crate) => !named.includes(crate)), []);
  const weights = components.find((/** @type {{type: string}} */ { type }) => type === "machine-learning-model");
  assert.equal(weights.hashes[0].content, createHash("sha256").update(await readFile(join(DIST, weightsPath()))).digest("hex"));
});

test("a compressed file that is older than its file is passed over", async (t) => {
  const folder = await emptyFolder(t);
  await writeFile(join(folder, "a.js.gz"), "old");
  await utimes(join(folder, "a.js.gz"), 1, 1);
  await writeFile(join(folder, "a.js"), "new");
  const site = await openSite(t, { folder });
  assert.equal((await get(`${site.url}a.js`, "gzip")).body.toString(), "new");
});

test("weights have their hash in the address, and may be kept for ever; the page can be used before they come", async (t) => {
  const folder = await copyWithoutWeights(await emptyFolder(t), "nothing");
  assert.ok((await stat(join(folder, weightsPath()))).isFile());
  const { page, site, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt", folder });
  let go = () => {};
  const held = /** @type {Promise<void>} */ (new Promise((resolve) => { go = resolve; }));
  /** @type {string[]} */
  const asked = [];
  await page.context().route(/safetensors/, async (route) => {
    asked.push(route.request().url());
    await held;
    await route.continue();
  });
  await page.goto(`${site.url}?device=cpu`);
  await page.getByTestId("class-name").fill("cats");
  assert.equal(await page.getByTestId("class-name").inputValue(), "cats");
  assert.ok(await page.getByTestId("add-images").isEnabled());
  assert.notEqual(await page.evaluate(() => document.documentElement.dataset.state), "ready");
  go();
  await waitForState(page, "ready");
  assert.equal(asked.length, 1);
  assert.match(asked[0], /efficientnet-lite0\.safetensors\?[0-9a-f]{16}$/);
  assert.match((await get(asked[0], "gzip")).headers["cache-control"] ?? "", /immutable/);
  assert.equal((await get(`${site.url}index.html`, "gzip")).headers["cache-control"], "no-cache");
  assertQuiet();
});

test("the plainest server will do: python3 -m http.server", async (t) => {
  const python = spawn("python3", ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", dirname(DIST)], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => python.kill());
  const [line] = await once(python.stdout, "data");
  const port = /port (\d+)/.exec(String(line))?.[1];
  const { folder } = await pictureFolder(t, { classes: 2, each: 8 });
  const browser = await openBrowser(t, false);
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`http://127.0.0.1:${port}/${basename(DIST)}/?device=cpu&epochs=1`);
  await addFolder(page, folder);
  assert.equal((await train(page)).images, 16);
});
