// Chromium and dist/, for the tests and the bench.
import { copyFile, link, mkdir, readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

/** The folder under test. */
export const DIST = process.env.HEADSTART_DIST ?? fileURLToPath(new URL("../../dist", import.meta.url));

/** Where dist/ has the backbone's weights. @param {string} [backbone] */
export const weightsPath = (backbone = "efficientnet-lite0") => `weights/${backbone}.safetensors`;

export const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
/** WebGPU on Chromium's software adapter, which every machine has. */
export const SOFTWARE_WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
export const NO_WEBGPU = ["--disable-features=WebGPU", "--disable-gpu"];

/** CHROMIUM names the browser. @param {string[]} flags */
const options = (flags) => ({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...FLAGS, ...flags] });

/** @param {string[]} flags */
export const launch = (flags) => chromium.launch(options(flags));

/** With a profile on the disk: without one, a page can keep 1.4 GB. @param {string} profile @param {string[]} flags */
export const launchWithProfile = (profile, flags) => chromium.launchPersistentContext(profile, options(flags));

/** dist/ again but for one weights file; by links where the disk allows it.
 * @param {string} parent an empty folder
 * @param {string} [weights]
 * @returns {Promise<string>} the copy
 */
export async function copyWithoutWeights(parent, weights = weightsPath()) {
  const copy = join(parent, "dist");
  await mkdir(dirname(join(copy, weights)), { recursive: true });
  for (const entry of await readdir(DIST, { recursive: true, withFileTypes: true })) {
    const from = join(entry.parentPath ?? entry.path, entry.name);
    const path = relative(DIST, from);
    if (!entry.isFile() || path === weights) continue;
    const to = join(copy, path);
    await mkdir(dirname(to), { recursive: true });
    await link(from, to).catch(() => copyFile(from, to));
  }
  return copy;
}
