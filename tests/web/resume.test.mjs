// A training on WebGPU whose page was killed goes on from its checkpoint, to the weights of an undisturbed run. (On the CPU they
// are equal bit for bit: store.test.mjs, src/train/tests.rs.)
import assert from "node:assert/strict";
import { test } from "node:test";
import { namedPatterns } from "./pictures.mjs";
import { canTest, openPage } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const OPTIONS = { head: "mlp", hidden: [24], epochs: 500, batchSize: 8, seed: 3 };
const QUIET = "LICENSE-MIT.txt";

/** In the page: opens the project, adds what it lacks, and trains; goes on with what was broken off; the head's numbers, the epochs that were told
 * and those before them, and the device.
 * @param {{options: Record<string, unknown>, pictures: {label: string, name: string, base64: string}[]}} work
 */
async function trainKept({ options, pictures }) {
  const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
  const trainer = await Trainer.create({ device: "webgpu", workers: 1, project: { name: "resumed", takeOver: true } });
  const { images, unfinished } = await trainer.contents();
  const bytes = (/** @type {string} */ base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  if (images.length === 0) await trainer.addImages(pictures.map(({ base64, ...named }) => ({ ...named, bytes: bytes(base64) })));
  await trainer.flush();
  let epochs = 0;
  for await (const _ of trainer.fit(unfinished?.options ?? options)) epochs++;
  const { device } = trainer.info;
  const file = await (await trainer.export("safetensors")).arrayBuffer();
  trainer.free();
  const start = 8 + Number(new DataView(file).getBigUint64(0, true));
  return { device, epochs, before: unfinished?.history.length ?? 0, numbers: [...new Float32Array(file.slice(start))] };
}

/** @param {Page} page */
const hasCheckpoint = (page) => page.evaluate(async () => {
  const { openDB } = await import(new URL("vendor/idb.esm.js", location.href).href);
  const database = await openDB("headstart-projects");
  const keys = await database.getAllKeys("parts");
  database.close();
  return keys.some((/** @type {string[]} */ key) => key[1].startsWith("checkpoint"));
});

test("a training on WebGPU that was broken off ends with the same weights within 1e-5", async (t) => {
  if (!(await canTest(t, "webgpu"))) return;
  const { page, site, assertQuiet } = await openPage(t, { path: QUIET });
  const work = { options: OPTIONS, pictures: namedPatterns(6) };
  const whole = await page.evaluate(trainKept, work);
  assert.deepEqual([whole.device, whole.epochs], ["webgpu", OPTIONS.epochs]);

  const other = await page.context().newPage();
  other.setDefaultTimeout(120_000);
  await other.goto(site.url + QUIET);
  const broken = page.evaluate(trainKept, work).then(() => "ended", () => "broken off");
  while (!(await hasCheckpoint(other))) await other.waitForTimeout(100);
  const session = await page.context().newCDPSession(page);
  void session.send("Page.crash").catch(() => {});
  assert.equal(await broken, "broken off");

  const resumed = await other.evaluate(trainKept, { ...work, pictures: [] });
  assert.ok(resumed.before > 0 && resumed.before < OPTIONS.epochs, `broken off after epoch ${resumed.before}`);
  assert.deepEqual([resumed.device, resumed.epochs, resumed.numbers.length], ["webgpu", OPTIONS.epochs, whole.numbers.length]);
  const difference = Math.max(...whole.numbers.map((value, at) => Math.abs(value - resumed.numbers[at])));
  t.diagnostic(`broken off after epoch ${resumed.before} of ${OPTIONS.epochs}; ${whole.numbers.length} numbers, largest difference ${difference}`);
  assert.ok(difference <= 1e-5, `difference ${difference}`);
  assertQuiet();
});
