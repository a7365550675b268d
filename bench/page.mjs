// Drives the real page in headless Chromium: a folder goes through its own file input, Train is pressed, the run is read.
//   node bench/page.mjs DIR [--device cpu|webgpu] [--backbone N] [--weights FILE] [--network FILE,…] [--epochs N] [--head linear|mlp] [--seed N]
//                       [--limit N] [--json] [--screenshot F.png] [--flags "CHROMIUM FLAGS"]
// --network: files of another network, brought through the page before the photos.
// DIR/CLASS/*.jpg as for examples/train_folder.rs. --limit takes the first N files of each class. --json prints one JSON object
// as the last line. WebGPU runs on Chromium's software adapter unless --flags says otherwise, such as
// --flags "--enable-unsafe-webgpu --enable-features=Vulkan" for the machine's own.
import { copyFile, link, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { serve } from "../build/serve.mjs";
import { DIST, SOFTWARE_WEBGPU, copyWithoutWeights, launch, weightsPath } from "../tests/web/browser.mjs";
import { watchMemory } from "./memory.mjs";
import { runBench } from "./frame.mjs";

const PATIENCE_MS = 60 * 60 * 1000;
const USAGE = "usage: node bench/page.mjs DIR [--device cpu|webgpu] [--backbone N] [--weights FILE] [--network FILE,…] [--epochs N] [--head linear|mlp] [--seed N] [--limit N] [--json] [--screenshot F.png] [--flags FLAGS]";

/** @typedef {Record<string, string | undefined>} Options */

runBench(main);

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      device: { type: "string" }, backbone: { type: "string" }, weights: { type: "string" }, network: { type: "string" }, epochs: { type: "string" },
      head: { type: "string" }, seed: { type: "string" }, limit: { type: "string" }, screenshot: { type: "string" },
      flags: { type: "string" }, json: { type: "boolean", default: false },
    },
  });
  if (positionals.length !== 1) throw new Error(USAGE);
  const { json, ...options } = values;
  const scratch = await mkdtemp(join(tmpdir(), "headstart-bench-"));
  try {
    const run = await measure(resolve(positionals[0]), options, scratch);
    print(run);
    if (json) console.log(JSON.stringify(run));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @param {string} folder @param {Options} options @param {string} scratch */
async function measure(folder, options, scratch) {
  if (!(await stat(folder).catch(() => null))?.isDirectory()) throw new Error(`${folder} is no folder.`);
  const pictures = options.limit ? await firstOfEach(folder, wholeNumber("limit", options.limit), join(scratch, "pictures")) : folder;
  const site = await serve(options.weights ? await withWeights(scratch, options) : DIST, { port: 0 });
  const browser = await launch(options.flags?.split(" ").filter(Boolean) ?? SOFTWARE_WEBGPU);
  const memory = watchMemory();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("console", (message) => message.type() === "error" && console.error(`console: ${message.text()}`));
    page.on("pageerror", (error) => console.error(`uncaught: ${error.message}`));
    await page.goto(`${site.url}?${query(options)}`);
    await expectState(page, ["ready"], "loading");
    if (options.network) await bringNetwork(page, options.network.split(","));
    await page.getByTestId("add-images").setInputFiles(pictures);
    await expectState(page, ["ready"], "adding images");
    await page.getByTestId("train").click();
    await expectState(page, ["trained"], "training");
    const text = await page.waitForFunction(() => document.querySelector("[data-testid=run]")?.textContent);
    if (options.screenshot) await screenshot(page, options.screenshot);
    const machine = { date: new Date().toISOString(), cpu: cpus()[0]?.model, cores: cpus().length, chromium: browser.version() };
    return { ...JSON.parse((await text.jsonValue()) ?? ""), peakMemoryBytes: memory.peakBytes(), ...machine };
  } finally {
    memory.stop();
    await browser.close();
    await site.close();
  }
}

/** @param {import("playwright-core").Page} page @param {string[]} files */
async function bringNetwork(page, files) {
  const name = () => page.locator("#backbone-name").textContent();
  const before = await name();
  await page.locator("#backbone > summary").click();
  await page.getByTestId("weights-files").setInputFiles(files);
  await page.waitForFunction((text) => document.querySelector("#backbone-name")?.textContent !== text, before);
  await expectState(page, ["ready"], "bringing the network");
}

/** The whole page, with the pictures that a person would first have to scroll to.
 * @param {import("playwright-core").Page} page @param {string} path
 */
async function screenshot(page, path) {
  await page.evaluate(() => Promise.all([...document.images].map((image) => {
    image.loading = "eager";
    return image.decode().catch(() => {}); // an empty frame is no error
  })));
  await page.screenshot({ path, fullPage: true });
}

/** What the page reads from its address. @param {Options} options */
function query({ device, backbone, epochs, head, seed }) {
  const given = Object.entries({ device, backbone, epochs, head, seed }).filter(([, value]) => value !== undefined);
  return new URLSearchParams(/** @type {[string, string][]} */ (given));
}

/** Waits for one of the states; any other end is an error with the page's own words.
 * @param {import("playwright-core").Page} page @param {string[]} wanted @param {string} doing
 */
async function expectState(page, wanted, doing) {
  const state = await page.waitForFunction(() => {
    const { state } = document.documentElement.dataset;
    return state && ["ready", "trained", "failed"].includes(state) && state;
  });
  if (wanted.includes(String(await state.jsonValue()))) return;
  const words = (await page.getByTestId("error").locator("p").allTextContents()).join(" ");
  throw new Error(`The page stopped while ${doing}: ${words || "it gave no reason"}`);
}

/** A folder with the first files of each class, by links where the disk allows it.
 * @param {string} folder @param {number} limit @param {string} to
 */
async function firstOfEach(folder, limit, to) {
  const classes = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name } of classes) {
    await mkdir(join(to, name), { recursive: true });
    const files = (await readdir(join(folder, name), { withFileTypes: true })).filter((entry) => entry.isFile());
    for (const file of files.map((entry) => entry.name).sort().slice(0, limit)) {
      const paths = /** @type {const} */ ([join(folder, name, file), join(to, name, file)]);
      await link(...paths).catch(() => copyFile(...paths));
    }
  }
  return to;
}

/** dist/ with another weights file. @param {string} scratch @param {Options} options */
async function withWeights(scratch, { backbone, weights = "" }) {
  const path = weightsPath(backbone);
  const copy = await copyWithoutWeights(scratch, path);
  await copyFile(weights, join(copy, path));
  return copy;
}

/** @param {string} name @param {string} text */
function wholeNumber(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} needs a whole number from 1, not ${text}.`);
  return value;
}

/** @param {any} run the page's own record: its keys are those of the native example */
function print(run) {
  const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(1)} %`;
  const rows = [
    ["images", `${run.images} (${run.rejected} left out), ${run.classes.length} classes`],
    ["device", `${run.device}, ${run.backbone}`],
    ["features", `${run.featureSeconds.toFixed(2)} s, ${run.msPerImage.toFixed(1)} ms an image`],
    ["training", `${run.trainSeconds.toFixed(2)} s, ${run.epochs.length} epochs on ${run.train} images`],
    ["total", `${run.totalSeconds.toFixed(2)} s`],
    ["accuracy", percent(run.accuracy)],
    ["validation", `${percent(run.valAccuracy)} on ${run.validation} images`],
    ["memory, peak", run.peakMemoryBytes ? `${Math.round(run.peakMemoryBytes / 2 ** 20)} MiB, all of Chromium` : "not known here"],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(14)}${value}`);
  console.log(`\nconfusion (rows: true, columns: predicted)`);
  run.confusion.forEach((/** @type {number[]} */ counts, /** @type {number} */ row) =>
    console.log(`${run.classes[row].slice(0, 20).padEnd(22)}${counts.map((count) => String(count).padStart(5)).join("")}`));
}
