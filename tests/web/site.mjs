// dist/ served and opened in a real browser, with everything watched that must not happen: errors in the console, requests
// to other hosts, breaches of the content security policy.
import assert from "node:assert/strict";
import { serve } from "../../build/serve.mjs";
import { DIST, NO_WEBGPU, SOFTWARE_WEBGPU, launch } from "./browser.mjs";

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {import("playwright-core").Page} Page */

/** Long: the first step on a software adapter compiles its pipelines, and the machine may be busy. */
export const PATIENCE_MS = Number(process.env.HEADSTART_PATIENCE_MS ?? 3 * 60 * 1000);

/** @param {TestContext} t @param {boolean} webgpu @param {string[]} [flags] */
export async function openBrowser(t, webgpu, flags = []) {
  const browser = await launch([...(webgpu ? SOFTWARE_WEBGPU : NO_WEBGPU), ...flags]);
  t.after(() => browser.close());
  return browser;
}

/** Serves a folder until the test ends. @param {TestContext} t @param {{folder?: string, base?: string, csp?: string}} [options] */
export async function openSite(t, { folder = DIST, base, csp } = {}) {
  const site = await serve(folder, { port: 0, base, csp });
  t.after(() => site.close());
  return site;
}

/** Opens a page of dist/ and watches it. `forgive`: an error that belongs to the test.
 * @param {TestContext} t
 * `init`: runs in the page before its own code.
 * @param {{path?: string, webgpu?: boolean, base?: string, folder?: string, csp?: string, forgive?: RegExp, flags?: string[], init?: () => void, locale?: string}} [options]
 */
export async function openPage(t, { path = "", webgpu = true, base, folder, csp, forgive, flags, init, locale } = {}) {
  const site = await openSite(t, { folder, base, csp });
  const browser = await openBrowser(t, webgpu, flags);
  const page = await (await browser.newContext({ locale })).newPage();
  if (init) await page.addInitScript(init);
  page.setDefaultTimeout(PATIENCE_MS);
  const problems = watch(page, site.url);
  await page.goto(site.url + path);
  const assertQuiet = () => assert.deepEqual(problems.filter((text) => !forgive?.test(text)), []);
  return { page, site, browser, assertQuiet };
}

/** A dist/ without example pictures is as good; a foreign page has no icon. */
const OPTIONAL = /404.*(examples\/solar-cells\/manifest\.json|favicon\.ico)/;

/** @param {Page} page @param {string} url @returns {string[]} */
function watch(page, url) {
  /** @type {string[]} */
  const problems = [];
  const { origin } = new URL(url);
  const isOwn = (/** @type {string} */ address) => [`${origin}/`, `blob:${origin}/`, "data:"].some((start) => address.startsWith(start));
  page.on("console", (message) => {
    const text = `console: ${message.text()} ${message.location().url}`;
    if (message.type() === "error" && !OPTIONAL.test(text)) problems.push(text);
  });
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.context().on("request", (request) => {
    if (!isOwn(request.url())) problems.push(`request: ${request.url()}`);
  });
  return problems;
}

/** Waits for a state of the page: loading, ready, adding, training, trained, failed. @param {Page} page @param {...string} states */
export async function waitForState(page, ...states) {
  await page.waitForFunction((wanted) => wanted.includes(document.documentElement.dataset.state ?? ""), states);
}

/** The page draws what was done within 150 ms and a frame; whoever reads right after a click waits for that. @param {Page} page */
export const drawn = (page) => page.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => setTimeout(done)), 200)));

/** Chooses files as a person does, and waits until all have been looked at. @param {Page} page @param {string} folder */
export async function addFolder(page, folder) {
  await waitForState(page, "ready", "trained");
  await page.getByTestId("add-images").setInputFiles(folder);
  await waitForState(page, "ready", "failed"); // the page was at "adding" before the choice was over
}

/** Presses Train and waits for the results. @param {Page} page @returns {Promise<any>} the run that the page tells */
export async function train(page) {
  await page.getByRole("button", { name: /^Train( again)?$/ }).click();
  await waitForState(page, "trained", "failed", "ready");
  const text = await page.waitForFunction(() => document.querySelector("[data-testid=run]")?.textContent);
  return JSON.parse(await text.jsonValue() ?? "");
}

/** @type {Promise<boolean> | undefined} */
let adapter;

/** Whether a device can be tested here; says that it is skipped where not. With REQUIRE_WEBGPU=1 that is a failure.
 * @param {TestContext} t @param {string} device
 */
export async function canTest(t, device) {
  if (device === "cpu") return true;
  adapter ??= findAdapter();
  if (await adapter) return true;
  assert.notEqual(process.env.REQUIRE_WEBGPU, "1", "no WebGPU adapter, and REQUIRE_WEBGPU=1");
  t.skip("no WebGPU adapter");
  return false;
}

async function findAdapter() {
  const site = await serve(DIST, { port: 0 });
  const browser = await launch(SOFTWARE_WEBGPU);
  try {
    const page = await browser.newPage();
    await page.goto(`${site.url}icon.svg`);
    return await page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter()));
  } finally {
    await browser.close();
    await site.close();
  }
}
