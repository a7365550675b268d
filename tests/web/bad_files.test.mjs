// Bad files among good ones: each is listed with its name and the reason, all others go on.
import assert from "node:assert/strict";
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DATA, emptyFolder, pattern } from "./pictures.mjs";
import { addFolder, openPage, train } from "./site.mjs";

/** @param {string} folder @param {Record<string, Buffer | string>} files by path */
async function write(folder, files) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** @param {string} label @param {number} count */
const good = (label, count) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`${label}/${label}-${n}.png`, pattern(label, n)]));

/** @param {import("playwright-core").Page} page */
async function rejectedRows(page) {
  await page.getByTestId("rejected").locator("summary").click();
  return page.getByTestId("rejected").locator("li").allTextContents();
}

/** A JPEG of noise from the browser's own encoder. @param {import("playwright-core").Page} page */
async function jpeg(page) {
  const bytes = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(300, 300);
    const context = canvas.getContext("2d");
    for (let n = 0; n < 3000; n++) {
      context.fillStyle = `hsl(${(n * 47) % 360} 70% 50%)`;
      context.fillRect((n * 73) % 300, (n * 37) % 300, 20, 20);
    }
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg" })).arrayBuffer())];
  });
  return Buffer.from(bytes);
}

test("bad files are listed with name and reason, the others go on", async (t) => {
  const folder = join(await emptyFolder(t), "mixed");
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=2" });
  const sound = pattern("rings", 50);
  const damaged = Buffer.from(sound);
  damaged[damaged.length - 30] ^= 0xff; // in the compressed pixels
  const photo = await jpeg(page);
  await write(folder, {
    ...good("rings", 5),
    ...good("stripes", 5),
    "rings/empty.png": "",
    "rings/text.jpg": "this is no picture",
    "stripes/page.png": "<!doctype html><title>404</title>",
    "stripes/cut.jpg": photo.subarray(0, photo.length / 2),
    "stripes/cut.png": sound.subarray(0, sound.length / 2),
    "rings/damaged.png": damaged,
    "rings/again.png": pattern("rings", 0),
    "rings/photo.jpg": photo,
  });
  await addFolder(page, folder);
  const rows = await rejectedRows(page);
  for (const name of ["empty.png", "text.jpg", "page.png", "cut.jpg", "cut.png", "damaged.png"]) {
    const row = rows.find((text) => text.includes(name));
    assert.ok(row, `${name} is not listed in ${rows}`);
    assert.ok(row.length > name.length + 20, `no reason in ${row}`);
  }
  assert.ok(rows.some((text) => /again\.png|rings-0\.png/.test(text)), "the same bytes twice in one class");
  const run = await train(page);
  assert.equal(run.images, 11);
  assert.equal(run.rejected, 7);
  assertQuiet();
});

test("names are text, whatever they hold", async (t) => {
  const folder = join(await emptyFolder(t), "names");
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=2" });
  const label = "<b>bold class<i>";
  await write(folder, {
    ...good("rings", 3),
    [`${label}/<img src=x onerror=alert(1)>.png`]: pattern("stripes", 1),
    [`${label}/a&b;c%20d#e?.png`]: pattern("stripes", 2),
    [`${label}/猫 "🐈" it's.png`]: pattern("stripes", 3),
    [`${label}/<script>alert(1)<script>.png`]: "no picture",
  });
  await addFolder(page, folder);
  assert.ok((await rejectedRows(page)).some((text) => text.includes("<script>alert(1)<script>.png")));
  const run = await train(page);
  assert.deepEqual([...run.classes].sort(), [label, "rings"]);
  assert.ok((await page.getByTestId("confusion").textContent())?.includes(label));
  assert.equal(await page.locator("b, i, img[src=x], main script").count(), 0);
  assert.equal(await page.getByTestId("classes").getByAltText("<img src=x onerror=alert(1)>.png").count(), 1);
  assertQuiet();
});

test("one class alone is refused in words", async (t) => {
  const folder = join(await emptyFolder(t), "one");
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=2" });
  await write(folder, good("rings", 3));
  await addFolder(page, folder);
  await page.getByTestId("train").click();
  await page.getByTestId("error").getByText(/2 classes/).waitFor();
  assertQuiet();
});

const BROKEN = [
  "1x1.png", "1x8000.png", "bomb-60000x60000.png", "empty.jpg", "html.png", "noise.jpg", "text.jpg", "truncated-header.jpg",
  "truncated.jpg", "wrong-crc.png", "zero-width.png",
];

test("the collection of broken and odd files", { skip: DATA ? false : "HEADSTART_DATA is not set" }, async (t) => {
  const folder = join(await emptyFolder(t), "bad");
  const from = join(DATA ?? "", "bad");
  const files = (await readdir(from)).filter((name) => /\.(jpg|png|gif|webp|bmp)$/.test(name));
  for (const name of files) await cp(join(from, name), join(folder, "odd", name));
  await write(folder, good("rings", 3));
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=2" });
  await addFolder(page, folder);
  const rows = await rejectedRows(page);
  const listed = files.filter((name) => rows.some((text) => text.includes(name)));
  t.diagnostic(rows.join("\n"));
  assert.deepEqual(listed.sort(), BROKEN);
  assert.equal(rows.length, BROKEN.length);
  assert.ok(rows.every((text) => !/unreachable|panic|RuntimeError/.test(text)), rows.join("\n"));
  const run = await train(page);
  assert.equal(run.images, files.length - BROKEN.length + 3);
  assertQuiet();
});
