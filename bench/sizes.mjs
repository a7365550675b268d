// What a first visit downloads besides weights and example images, as JSON lines in the form of the peers' bench:
//   node bench/sizes.mjs [--device cpu|webgpu]
// Opens dist/ in Chromium, adds images of two classes, trains an epoch, and adds up the files that were really asked for:
// `images` until images are chosen and features have run, `all` when a head is trained. gzip and brotli: the
// files that build.sh laid beside them (gzip 9, brotli 11).
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { serve } from "../build/serve.mjs";
import { DIST, SOFTWARE_WEBGPU, launch } from "../tests/web/browser.mjs";
import { pattern } from "../tests/web/pictures.mjs";

const CODE = /\.(html|css|js|json|wasm|svg)$/;

const { values } = parseArgs({ options: { device: { type: "string", default: "cpu" } } });
const { images, all } = await visit(values.device);
for (const [until, files] of Object.entries({ images, all })) {
  const sizes = await Promise.all(files.map(sizeOf));
  /** @param {"raw" | "gzip" | "brotli"} key */
  const sum = (key) => sizes.reduce((total, size) => total + size[key], 0);
  console.log(JSON.stringify({ what: "sizes", who: `ours-${values.device}`, until, raw: sum("raw"), gzip: sum("gzip"), brotli: sum("brotli"), files: sizes }));
}

/** @param {string} device */
async function visit(device) {
  const site = await serve(DIST, { port: 0 });
  const browser = await launch(SOFTWARE_WEBGPU);
  try {
    const context = await browser.newContext();
    const asked = new Set(["index.html"]);
    context.on("request", (request) => {
      const path = new URL(request.url()).pathname.slice(1);
      if (CODE.test(path) && !path.startsWith("examples/")) asked.add(path);
    });
    const page = await context.newPage();
    page.setDefaultTimeout(10 * 60 * 1000);
    await page.goto(`${site.url}?device=${device}&epochs=1`);
    for (const name of ["one", "two"]) {
      await page.getByTestId("class-name").fill(name);
      const files = [0, 1].map((i) => ({ name: `${name}${i}.png`, mimeType: "image/png", buffer: picture(name, i) }));
      await page.getByTestId("add-files").setInputFiles(files);
      await inState(page, "ready");
    }
    const images = [...asked];
    await page.getByTestId("train").click();
    await inState(page, "trained");
    return { images, all: [...asked] };
  } finally {
    await browser.close();
    await site.close();
  }
}

/** @param {import("playwright-core").Page} page @param {string} state */
async function inState(page, state) {
  await page.waitForFunction((state) => document.documentElement.dataset.state === state, state);
}

/** @param {string} file */
async function sizeOf(file) {
  const [raw, gzip, brotli] = await Promise.all(["", ".gz", ".br"].map((suffix) => stat(join(DIST, file + suffix)).catch(() => null)));
  const size = raw?.size ?? 0; // very small files are sent as they are
  return { file: basename(file), raw: size, gzip: gzip?.size ?? size, brotli: brotli?.size ?? size };
}

/** Four pictures unlike each other: near-duplicates would count as one, which no split can halve. @param {string} name @param {number} i */
function picture(name, i) {
  return pattern(name === "one" ? "rings" : "stripes", i, 9);
}
