// The docs site as a reader meets it: pages that open, links that lead somewhere, an API reference that leaves nothing out.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { brokenLinks, targetOf } from "../../build/docs/links.mjs";
import { PAGES } from "../../build/docs/pages.mjs";
import { pictureFolder } from "./pictures.mjs";
import { PATIENCE_MS, openBrowser, openPage, openSite } from "./site.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const NAMES = PAGES.map(({ page }) => page);

test("a link that leads nowhere ends the build", () => {
  const pages = new Map([["a.html", `<a href="b.html#there">1</a><a href="b.html#gone">2</a><a href="c.html">3</a><a href="../">4</a>`], ["b.html", `<h2 id="there">`]]);
  assert.deepEqual(brokenLinks(pages), ["a.html: b.html has no heading #gone", "a.html: there is no page c.html"]);
  assert.deepEqual(targetOf("../bench/README.md#bench", "docs/numerics.md"), { href: "bench.html#bench" });
  assert.deepEqual(targetOf("results.png", "docs/quick-start.md"), { href: "files/results.png", file: "docs/results.png" });
  assert.match(targetOf("../src/error.rs", "docs/api.md").fault ?? "", /docs\/api\.md: \.\.\/src\/error\.rs leads to no page/);
});

test("every page opens quietly, says what it is, and every link and anchor in it resolves", async (t) => {
  const { page, site, assertQuiet } = await openPage(t, { path: "docs/", webgpu: false });
  await page.setViewportSize({ width: 360, height: 740 });
  /** @type {Map<string, string[]>} */
  const ids = new Map();
  const links = new Set();
  for (const name of NAMES) {
    await page.goto(`${site.url}docs/${name}`);
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.match(await page.title(), /.+ · headstart docs$/);
    assert.ok(((await page.locator("meta[name=description]").getAttribute("content")) ?? "").length > 30, `${name} has a description`);
    assert.equal(await page.locator("h1").count(), 1, `${name} has one first heading`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, `${name} fits a phone`);
    const found = await page.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
    assert.equal(new Set(found).size, found.length, `${name} has an id once`);
    ids.set(`${site.url}docs/${name}`, found);
    for (const href of await page.locator("a").evaluateAll((all) => all.map((a) => /** @type {HTMLAnchorElement} */ (a).href))) links.add(href);
    assert.ok(await page.locator("img").evaluateAll((all) => all.every((img) => /** @type {HTMLImageElement} */ (img).complete || /** @type {HTMLImageElement} */ (img).loading === "lazy")));
  }
  const own = [...links].filter((href) => href.startsWith(site.url));
  for (const href of own) {
    const [address, anchor] = href.split("#");
    const known = ids.get(address);
    if (anchor) assert.ok(known?.includes(decodeURIComponent(anchor)), href);
    else if (!known) assert.equal((await page.request.get(address)).status(), 200, href);
  }
  assert.ok(own.length > 200);
  assertQuiet();
});

test("the page leads to the docs, in both languages, and the pages of the docs to each other", async (t) => {
  const { page, site, assertQuiet } = await openPage(t, { webgpu: false });
  await page.getByRole("contentinfo").getByRole("link", { name: "Documentation" }).click();
  await page.getByRole("heading", { name: "Quick start", level: 1 }).waitFor();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Numerics" }).click();
  await page.getByRole("heading", { name: "Numerics", level: 1 }).waitFor();
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole("link", { name: "Privacy", exact: true }).waitFor({ state: "hidden" });
  assert.ok(!(await page.getByRole("link", { name: "Privacy", exact: true }).isVisible()), "folded on a phone");
  await page.getByText("All pages").click();
  await page.getByRole("link", { name: "Privacy", exact: true }).click();
  await page.getByRole("heading", { name: "Privacy", level: 1 }).waitFor();
  await page.goto(`${site.url}?language=zh`);
  const link = page.getByRole("contentinfo").getByRole("link", { name: "文档" });
  assert.equal(await link.getAttribute("hreflang"), "en");
  assertQuiet();
});

test("the API reference names every public method", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "docs/api.html", webgpu: false });
  const methods = await page.evaluate(async () => {
    /** @param {string} path @returns {Promise<any>} */
    const load = (path) => import(new URL(path, document.baseURI).href);
    const [{ Trainer }, { Projects }, { Insight }, { TestSet }, pieces] =
      await Promise.all(["trainer", "projects", "insight", "test_set_calls", "features"].map((name) => load(`../page/${name}.js`)));
    /** @param {Function} of @param {string} as */
    const calls = (of, as) => Object.getOwnPropertyNames(of.prototype).filter((name) => name !== "constructor").map((name) => `${as}.${name}(`);
    return ["Trainer.create(", ...calls(Trainer, "trainer"), ...calls(Projects, "trainer.projects"), ...calls(Insight, "trainer.insight"),
      ...calls(TestSet, "trainer.testSet"), ...Object.keys(pieces).map((name) => `${name}(`)];
  });
  const headings = await page.locator("h3").allTextContents();
  assert.ok(methods.length > 40);
  for (const method of methods) assert.ok(headings.some((text) => text.startsWith(method)), `${method} is told`);
  assertQuiet();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`axe finds nothing on any page, ${colorScheme}`, async (t) => {
    const site = await openSite(t);
    const browser = await openBrowser(t, false);
    const page = await (await browser.newContext({ colorScheme })).newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const axe = await readFile(AXE, "utf8");
    for (const name of NAMES) {
      await page.goto(`${site.url}docs/${name}`);
      await page.evaluate(axe);
      const { violations, passes } = await page.evaluate(() => Reflect.get(globalThis, "axe").run());
      assert.ok(passes.length > 20, "axe has looked");
      const told = violations.map((/** @type {any} */ { id, nodes }) => `${name} ${id}: ${nodes.slice(0, 3).map((/** @type {any} */ { html }) => html.slice(0, 120)).join(" ")}`);
      assert.deepEqual(told, []);
    }
  });
}

test("the quick start's code runs as it stands", async (t) => {
  const { page, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt", webgpu: false });
  const text = await readFile(new URL("../../docs/quick-start.md", import.meta.url), "utf8");
  const code = [...text.matchAll(/```js\n([^]*?)```/g)].map(([, part]) => part).join("\n");
  const runnable = code.replace(/import (\{[^}]+\}) from "headstart";/, `const $1 = await import(new URL("page/trainer.js", location.href).href);`);
  const { folder, labels } = await pictureFolder(t, { classes: 2, each: 20 });
  const pictures = await Promise.all(labels.map(async (label) => {
    const names = await readdir(join(folder, label));
    return Promise.all(names.map(async (name) => ({ label, name, base64: await readFile(join(folder, label, name), "base64") })));
  }));
  const result = await page.evaluate(`(async () => {
    const files = ${JSON.stringify(pictures.flat())}.map((one) => ({ ...one, bytes: Uint8Array.from(atob(one.base64), (letter) => letter.charCodeAt(0)) }));
    const photo = new File([files[0].bytes], files[0].name);
    console.log = () => {};
    ${runnable}
    return { accepted: accepted.length, folds: folds.folds.length, runs: runs.length, alike: alike.length, maps: maps.length, opened: opened.images, zip: zip.size };
  })()`);
  const { opened, zip, ...rest } = /** @type {Record<string, number | string>} */ (result);
  assert.deepEqual(rest, { accepted: 40, folds: 5, runs: 2, alike: 3, maps: 2 });
  assert.ok(Number(opened) >= 2 && Number(zip) > 1e6);
  assertQuiet();
});

test("a first visit keeps no page of the docs; one that was opened is there without a network", async (t) => {
  const site = await openSite(t);
  const browser = await openBrowser(t, false);
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.goto(`${site.url}?device=cpu`);
  await page.locator("#offline").waitFor();
  const kept = await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()))).flat().map(({ url }) => url));
  assert.ok(kept.length > 20);
  assert.deepEqual(kept.filter((url) => url.includes("/docs/")), []);
  for (const path of ["docs/", "docs/privacy.html"]) await page.goto(site.url + path);
  await context.setOffline(true);
  await site.close();
  await page.goto(`${site.url}docs/`);
  await page.getByRole("link", { name: "Privacy", exact: true }).click();
  await page.getByRole("heading", { name: "Privacy", level: 1 }).waitFor();
  assert.equal(await page.locator(".docs-columns").evaluate((element) => getComputedStyle(element).display), "grid", "with its styles");
});
