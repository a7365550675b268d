// The browser's process is killed at random moments of adding, renaming, training and saving. Each time the project opens
// again with every image and label that the page had shown as saved. HEADSTART_KILLS says how often (./build.sh kill N).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { FLAGS, NO_WEBGPU } from "./browser.mjs";
import { emptyFolder, pictureFolder } from "./pictures.mjs";
import { openSite, waitForState } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const KILLS = Number(process.env.HEADSTART_KILLS ?? 3);
const LONGEST_MS = 9000;
const PATH = "?device=cpu&epochs=400&workers=1";

/** A browser whose process is ours to kill. One that hangs before it can be reached, as Chromium may on a busy machine, is started anew.
 * @param {string} profile
 */
async function start(profile) {
  for (let attempt = 0; attempt < 3; attempt++) {
    const started = await startOnce(profile);
    if (started) return started;
  }
  throw new Error("Chromium can't be reached.");
}

/** @param {string} profile */
async function startOnce(profile) {
  const flags = [...FLAGS, ...NO_WEBGPU, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"];
  const process = spawn(globalThis.process.env.CHROMIUM ?? "/usr/bin/chromium", flags, { stdio: ["ignore", "ignore", "pipe"] });
  const hangs = setTimeout(() => process.kill("SIGKILL"), 40_000);
  for await (const line of createInterface({ input: process.stderr })) {
    const [, address] = line.match(/DevTools listening on (ws:\S+)/) ?? [];
    if (!address) continue;
    clearTimeout(hangs);
    const browser = await chromium.connectOverCDP(address);
    process.stderr.resume();
    const [context] = browser.contexts();
    const page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(60_000);
    return { process, browser, page };
  }
  clearTimeout(hangs);
  return undefined;
}

/** What the page shows, and whether it says that all of it is saved. @param {Page} page */
const look = (page) => page.evaluate(async () => {
  const { state } = await import(new URL("page/state.js", location.href).href);
  const images = [...state.classes.values()].flatMap(({ label, images }) => images.map((/** @type {any} */ { id }) => `${id} ${label}`));
  return { isSaved: state.kept?.state === "saved", images };
});

/** What is not there. A class may have a later round's name: it was written, or given, after the last look. @param {string[]} saved @param {string[]} images */
function missing(saved, images) {
  const roundOf = (/** @type {string} */ image) => Number(/ round (\d+)$/.exec(image)?.[1] ?? -1);
  const found = new Map(images.map((image) => [image.split(" ")[0], image]));
  return saved.filter((image) => {
    const now = found.get(image.split(" ")[0]);
    return now === undefined || (now !== image && roundOf(now) <= roundOf(image));
  });
}

/** Something for the page to do, whatever it has. @param {Page} page @param {string} folder @param {string} out @param {number} round */
async function work(page, folder, out, round) {
  await waitForState(page, "ready", "trained");
  if (round % 3 === 0) await page.getByTestId("add-images").setInputFiles(folder);
  await page.waitForFunction(() => ["ready", "trained"].includes(document.documentElement.dataset.state ?? "") && document.getElementById("tally")?.textContent);
  const field = page.getByRole("textbox", { name: "Class name" }).nth(1);
  await field.fill(`round ${round}`);
  await field.press("Enter");
  await page.getByRole("button", { name: /^(Go on|Train( again)?)$/ }).first().click();
  await waitForState(page, "trained");
  await page.getByTestId("projects").click();
  const download = page.waitForEvent("download");
  download.catch(() => {}); // killed before the press is through
  await page.getByTestId("project-save").click();
  await (await download).saveAs(join(out, "project.headstart"));
}

test(`nothing that was saved is lost when the browser is killed, ${KILLS} times`, async (t) => {
  const { folder } = await pictureFolder(t, { classes: 3, each: 12 });
  const [profile, out] = [await emptyFolder(t), await emptyFolder(t)];
  const site = await openSite(t);
  /** @type {string[]} */
  let saved = [];
  for (let round = 0; round < KILLS; round++) {
    const { process, browser, page } = await start(profile);
    await page.goto(site.url + PATH);
    const working = work(page, folder, out, round).catch(() => {}); // it is killed on the way
    await waitForState(page, "ready", "adding", "trained", "training");
    const opened = await look(page);
    assert.deepEqual(missing(saved, opened.images), [], `round ${round}: what was saved is there; it has ${opened.images}`);
    const end = Date.now() + (LONGEST_MS * (round + 1) * 0.618) % LONGEST_MS;
    while (Date.now() < end) {
      const { isSaved, images } = await look(page);
      if (isSaved) saved = images;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    process.kill("SIGKILL");
    await once(process, "exit");
    await browser.close().catch(() => {});
    await working;
    t.diagnostic(`round ${round}: killed with ${saved.length} images saved`);
  }
  const { process, browser, page } = await start(profile);
  await page.goto(site.url + PATH);
  await waitForState(page, "ready", "trained");
  const { images } = await look(page);
  assert.deepEqual(missing(saved, images), [], `what was saved is there; there is ${images}`);
  await browser.close().catch(() => {});
  process.kill("SIGKILL");
  await once(process, "exit").catch(() => {});
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});
