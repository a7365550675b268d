// Hours compressed: pictures are added, trained on, moved to another class, predicted and removed, over and over, on the real page.
//   node bench/soak.mjs [--cycles 200] [--warm 20] [--images 8] [--every 10] [--device cpu|webgpu]
// JSON lines with the proportional set size of Chromium's processes, after a collection of garbage and a sign that memory is short,
// on which Chromium empties its caches: what is left is held by the page. The last line has the ratio
// of the last cycle to cycle `--warm`. A picture is noise over its class's colour: each is another file, and looks like no other.
import { parseArgs } from "node:util";
import { serve } from "../build/serve.mjs";
import { DIST } from "../tests/web/browser.mjs";
import { png } from "../tests/web/png.mjs";
import { print, runBench } from "./frame.mjs";
import { proportionalBytes } from "./memory.mjs";
import { launchAlone, stopWatching } from "./unwatched.mjs";

/** @typedef {import("playwright-core").Page} Page */

const COLOURS = { red: [200, 40, 40], blue: [40, 60, 200] };
const MB = 1e6;
const SETTLES_MS = 3000;

runBench(main);

async function main() {
  const { values } = parseArgs({
    options: {
      cycles: { type: "string", default: "200" }, warm: { type: "string", default: "20" }, images: { type: "string", default: "8" },
      every: { type: "string", default: "10" }, device: { type: "string", default: "cpu" },
    },
  });
  const [cycles, warm, images, every] = [values.cycles, values.warm, values.images, values.every].map(Number);
  if (![cycles, warm, images, every].every((number) => Number.isInteger(number) && number > 0) || warm > cycles) {
    throw new Error("--cycles, --warm, --images and --every take whole numbers from 1, and --warm at most as many as there are cycles.");
  }
  const site = await serve(DIST, { port: 0 });
  const browser = await launchAlone(values.device === "webgpu");
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(5 * 60 * 1000);
    await page.goto(`${site.url}?device=${values.device}&epochs=3`);
    await isAt(page, "ready");
    await stopWatching(page);
    await soak(page, { cycles, warm, images, every });
  } finally {
    await browser.close();
    await site.close();
  }
}

/** @param {Page} page @param {Record<"cycles" | "warm" | "images" | "every", number>} size */
async function soak(page, { cycles, warm, images, every }) {
  const session = await page.context().newCDPSession(page);
  let first = 0;
  let last = 0;
  for (let cycle = 1; cycle <= cycles; cycle++) {
    await oneCycle(page, images);
    if (cycle % every !== 0 && cycle !== warm && cycle !== cycles) continue;
    await session.send("HeapProfiler.collectGarbage");
    await session.send("Memory.simulatePressureNotification", { level: "critical" });
    await new Promise((resolve) => setTimeout(resolve, SETTLES_MS));
    const { page: own, all } = proportionalBytes();
    print({ what: "soak", who: "ours", cycle, page_mb: own / MB, all_mb: all / MB });
    if (cycle === warm) first = own;
    last = own;
  }
  print({ what: "soak", who: "ours", cycles, images, page_mb_warm: first / MB, page_mb: last / MB, ratio: last / first });
}

/** @param {Page} page @param {number} images of each class */
async function oneCycle(page, images) {
  await isAt(page, "ready", "trained");
  for (const label of Object.keys(COLOURS)) {
    await page.getByTestId("class-name").fill(label);
    await page.getByTestId("add-files").setInputFiles(Array.from({ length: images }, (_, i) => file(label, `${label}-${i}.png`)));
    await page.waitForFunction(([label, count]) => new RegExp(`\\b${count}\\b`).test(document.querySelector(`section[aria-label="${label}"]`)?.textContent ?? ""), /** @type {const} */ ([label, images]));
    await isAt(page, "ready", "trained");
  }
  await page.getByTestId("train").click();
  await isAt(page, "trained");
  await page.getByTestId("predict-input").setInputFiles(file("red", "asked.png"));
  await page.getByTestId("prediction").locator("li").first().waitFor();
  const red = page.getByRole("region", { name: "red", exact: true });
  await red.getByRole("option").first().click({ modifiers: ["ControlOrMeta"] });
  await page.keyboard.press("2");
  await page.getByText("Moved 1 image to").first().waitFor();
  for (const label of Object.keys(COLOURS)) {
    await page.getByRole("button", { name: `Remove class ${label}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("region", { name: label, exact: true }).waitFor({ state: "detached" });
  }
}

/** @param {Page} page @param {string[]} states */
const isAt = (page, ...states) => page.waitForFunction((wanted) => wanted.includes(document.documentElement.dataset.state ?? ""), states);

/** @param {string} label @param {string} name */
function file(label, name) {
  const [red, green, blue] = COLOURS[/** @type {keyof typeof COLOURS} */ (label)];
  const cells = Array.from({ length: 256 }, () => Math.random() * 60 - 30);
  const picture = png(128, 128, (x, y) => {
    const light = cells[(y >> 3) * 16 + (x >> 3)];
    return [red + light, green + light, blue + light].map((value) => Math.max(0, Math.min(255, Math.round(value))));
  });
  return { name, mimeType: "image/png", buffer: picture };
}
