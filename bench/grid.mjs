// How smoothly many thumbnails scroll: node bench/grid.mjs [--images 10000] [--seconds 6]
// The images are drawn in the page and shown as if the trainer had taken them; nothing is trained.
import { parseArgs } from "node:util";
import { serve } from "../build/serve.mjs";
import { DIST, NO_WEBGPU, launch } from "../tests/web/browser.mjs";
import { scroll } from "./scroll.mjs";

const { values } = parseArgs({ options: { images: { type: "string", default: "10000" }, seconds: { type: "string", default: "6" } } });
const [count, seconds] = [Number(values.images), Number(values.seconds)];
const site = await serve(DIST, { port: 0 });
const browser = await launch([...NO_WEBGPU, "--enable-precise-memory-info"]);
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${site.url}?device=cpu`);
  await page.waitForFunction(() => document.documentElement.dataset.state === "ready");
  await page.evaluate(show, count);
  await page.getByRole("button", { name: /^Show all/ }).click();
  // Time of the thread alone: what other processes take away from it does not count.
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const before = await spent(session);
  const { frames, ...result } = await page.evaluate(scroll, seconds);
  const mainThreadMillisPerFrame = Number((((await spent(session)) - before) * 1000 / frames).toFixed(2));
  console.log(JSON.stringify({ what: "grid", images: count, ...result, mainThreadMillisPerFrame }));
} finally {
  await browser.close();
  await site.close();
}

/** Seconds of work on the page's thread. @param {import("playwright-core").CDPSession} session */
async function spent(session) {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
}

/** @param {number} count */
async function show(count) {
  const { change, classNamed } = await import(new URL("page/state.js", location.href).href);
  const canvas = new OffscreenCanvas(112, 112);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const images = [];
  for (let id = 0; id < count; id++) {
    for (let y = 0; y < 8; y++) for (let x = 0; x < 8; x++) {
      context.fillStyle = `hsl(${(id * 37 + x * y * 11) % 360} ${40 + 7 * x}% ${30 + 5 * y}%)`;
      context.fillRect(x * 14, y * 14, 14, 14);
    }
    images.push({ id, name: `picture ${id}.jpg`, label: "many", width: 640, height: 480, jpeg: new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 })).arrayBuffer()) });
  }
  change((/** @type {any} */ state) => Object.assign(classNamed(state, "many"), { images, version: 1 }));
}
