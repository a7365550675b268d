// The memory that the page takes while a person brings a network's weights, as JSON lines:
//   node bench/import_memory.mjs FILE [FILE…] [--device cpu|webgpu]
// Waits for the page with the built-in network, gives it the files through its own file input, and reads the proportional
// set size of Chromium's processes from Linux's /proc. `page_mb` is the process with the page and all workers, `all_mb`
// every process of Chromium; the last line has both peaks from the choice of the files until every worker has the network.
import { parseArgs } from "node:util";
import { serve } from "../build/serve.mjs";
import { DIST, NO_WEBGPU, SOFTWARE_WEBGPU, launch } from "../tests/web/browser.mjs";
import { print, runBench } from "./frame.mjs";
import { proportionalBytes } from "./memory.mjs";

const PERIOD_MS = 100;
/** Until the memory before has come to rest. */
const REST_MS = 3000;
const MB = 1e6;

runBench(main);

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { device: { type: "string", default: "cpu" } } });
  if (positionals.length === 0) throw new Error("usage: node bench/import_memory.mjs FILE [FILE…] [--device cpu|webgpu]");
  const site = await serve(DIST, { port: 0 });
  const browser = await launch(values.device === "webgpu" ? SOFTWARE_WEBGPU : NO_WEBGPU);
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(`${site.url}?device=${values.device}`);
    const state = () => page.evaluate(() => document.documentElement.dataset.state);
    while ((await state()) !== "ready") await pause(PERIOD_MS);
    await pause(REST_MS);
    const before = proportionalBytes();
    print({ what: "memory", when: "before", page_mb: before.page / MB, all_mb: before.all / MB });
    const started = performance.now();
    await page.getByTestId("weights-files").setInputFiles(positionals);
    const peak = { page: 0, all: 0 };
    let seconds = 0;
    // The network is ready once the first worker has it; the others are still loading then.
    for (let left = REST_MS; left > 0; left -= seconds ? PERIOD_MS : 0) {
      const { page: own, all } = proportionalBytes();
      Object.assign(peak, { page: Math.max(peak.page, own), all: Math.max(peak.all, all) });
      await pause(PERIOD_MS);
      if (!seconds && (await state()) === "ready") seconds = (performance.now() - started) / 1000;
    }
    const after = proportionalBytes();
    print({ what: "memory", when: "after", page_mb: after.page / MB, all_mb: after.all / MB });
    print({ what: "memory", when: "peak", seconds, page_mb: peak.page / MB, all_mb: peak.all / MB, page_growth_mb: (peak.page - before.page) / MB, backbone: await page.locator("#backbone-name").textContent() });
  } finally {
    await browser.close();
    await site.close();
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
