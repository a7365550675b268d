// Two tabs on one project, a hundred edits: whoever has it writes, the other is refused in words, and no edit is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pattern } from "./pictures.mjs";
import { openPage } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

const EDITS = 100;
/** Before the other tab takes over. */
const IN_A_ROW = 5;

/** In a page: a project that it has, or takes over. @param {boolean} takeOver */
async function open(takeOver) {
  const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
  const tab = /** @type {any} */ (globalThis);
  tab.trainer?.free();
  tab.trainer = await Trainer.create({ device: "cpu", workers: 1, project: { name: "two tabs", takeOver } });
  const { images } = await tab.trainer.contents();
  return images.map((/** @type {{id: number, label: string}} */ { id, label }) => [id, label]);
}

/** @param {Page} page @param {number} id @param {string} label @returns {Promise<string>} the code of a refusal */
const relabel = (page, id, label) => page.evaluate(({ id, label }) =>
  /** @type {any} */ (globalThis).trainer.relabel(id, label).then(() => "", (/** @type {{code: string}} */ error) => error.code), { id, label });

test(`no edit is lost in ${EDITS} of two tabs`, async (t) => {
  const { page, site, assertQuiet } = await openPage(t, { path: "LICENSE-MIT.txt" });
  await page.evaluate(open, false);
  const pictures = Array.from({ length: EDITS / 2 }, (_, n) => ["rings", "stripes"].map((label) => ({ label, name: `${label}-${n}.png`, base64: pattern(label, n, 2).toString("base64") }))).flat();
  await page.evaluate(async (pictures) => {
    const { trainer } = /** @type {any} */ (globalThis);
    await trainer.addImages(pictures.map(({ base64, ...named }) => ({ ...named, bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) })));
    await trainer.flush();
  }, pictures);
  const other = await page.context().newPage();
  other.setDefaultTimeout(120_000);
  await other.goto(site.url + "LICENSE-MIT.txt");

  let [mine, theirs] = [other, page];
  /** @type {Map<number, string>} */
  const expected = new Map((await other.evaluate(open, false)).map(([id, label]) => [id, label]));
  const ids = [...expected.keys()];
  assert.equal(ids.length, EDITS);
  for (let edit = 0; edit < EDITS; edit++) {
    if (edit % IN_A_ROW === 0) {
      const found = new Map(await mine.evaluate(open, true));
      assert.deepEqual(found, expected, `taken over before edit ${edit}`);
    }
    assert.equal(await relabel(mine, ids[edit], `edit ${edit}`), "");
    expected.set(ids[edit], `edit ${edit}`);
    // Without waiting for the disk: who takes over waits for it.
    if (edit % IN_A_ROW === 0 && edit > 0) assert.equal(await relabel(theirs, ids[edit], "refused"), "read-only");
    if (edit % IN_A_ROW === IN_A_ROW - 1) [mine, theirs] = [theirs, mine];
  }
  await page.evaluate(() => /** @type {any} */ (globalThis).trainer.flush());
  await other.evaluate(() => /** @type {any} */ (globalThis).trainer.flush());
  await page.reload();
  await other.close();
  assert.deepEqual(new Map(await page.evaluate(open, false)), expected);
  assertQuiet();
});
