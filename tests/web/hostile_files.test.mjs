// Seeded damage to Keras files and to zips of images, in the workers that read them: each is read, or refused with a code and
// a sentence; none makes a worker crash or hang. HEADSTART_FUZZ_SECONDS gives each so long (./build.sh fuzz N).
import assert from "node:assert/strict";
import { test } from "node:test";
import { zipSync } from "fflate";
import { numbers, wounded } from "./damage.mjs";
import { openPage } from "./site.mjs";
import { png } from "./png.mjs";

const SECONDS = Number(process.env.HEADSTART_FUZZ_SECONDS ?? 0);
/** Where no time is given. A Keras file starts a worker and h5wasm each time. */
const TIMES = { keras: 25, zip: 60 };
const HANGS_MS = 60_000;

/** @typedef {import("playwright-core").Page} Page */
/** What a page finds of one file: `read`, or the code that it is refused with. @typedef {(page: Page, base64: string) => Promise<string>} Reader */

/** @param {Page} page @param {string} what @param {Uint8Array<ArrayBuffer>} whole @param {number} times @param {Reader} read @param {string[]} codes */
async function hurt(page, what, whole, times, read, codes) {
  /** @type {Record<string, number>} */
  const found = {};
  const end = Date.now() + SECONDS * 1000;
  let number = 0;
  for (; SECONDS ? Date.now() < end : number < times; number++) {
    const bytes = wounded(whole, numbers(number));
    const outcome = await Promise.race([
      read(page, Buffer.from(bytes).toString("base64")),
      new Promise((resolve) => setTimeout(resolve, HANGS_MS, "hangs").unref()),
    ]);
    assert.ok(codes.includes(outcome), `${what}: file ${number} of ${bytes.length} bytes: ${outcome}`);
    found[outcome] = (found[outcome] ?? 0) + 1;
  }
  return `${what}: ${number} files, ${Object.entries(found).map(([code, count]) => `${count} ${code}`).join(", ")}`;
}

/** A small HDF5 as Keras writes one, by h5wasm itself. @param {Page} page */
async function kerasFile(page) {
  const base64 = await page.evaluate(async () => {
    const { ready, File } = await import(new URL("vendor/h5wasm.js", location.href).href);
    const { FS } = await ready;
    const file = new File("made.h5", "w");
    const layer = file.create_group("conv").create_group("vars");
    layer.create_dataset({ name: "0", data: Float32Array.from({ length: 24 }, (_, i) => i), shape: [2, 3, 4] });
    layer.create_dataset({ name: "1", data: Float32Array.from({ length: 4 }, (_, i) => i), shape: [4], chunks: [2] });
    layer.create_attribute("name", "conv");
    file.close();
    return btoa(String.fromCharCode(...FS.readFile("made.h5")));
  });
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

/** @type {Reader} */
const importKeras = (page, base64) => page.evaluate(async (text) => {
  const { importWeights } = await import(new URL("worker/importing.js", location.href).href);
  const file = new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], "weights.h5");
  return importWeights([{ name: file.name, file }], "simd128").then(() => "read", (/** @type {any} */ error) => String(error.code));
}, base64);

/** Whatever is rejected of it counts, the zip itself last. @type {Reader} */
const unpack = (page, base64) => page.evaluate(async (text) => {
  const { unzipped } = await import(new URL("page/zip.js", location.href).href);
  const file = new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], "images.zip");
  const { rejected } = await unzipped(file);
  return rejected.at(-1)?.code ?? "read";
}, base64);

test("damaged Keras files and zips are read or refused in words", async (t) => {
  const { page } = await openPage(t, { path: "NOTICES.txt", webgpu: false });
  const h5 = await kerasFile(page);
  assert.equal(await importKeras(page, Buffer.from(h5).toString("base64")), "unknown-network", "whole, but of no network that there is");
  t.diagnostic(await hurt(page, "keras", h5, TIMES.keras, importKeras, ["unknown-network", "weights-invalid"]));

  const pictures = Object.fromEntries(["one", "two"].flatMap((label) => [1, 2, 3].map((n) => [`${label}/${n}.png`, png(8, 8, (x, y) => [x * n, y * n, 9])])));
  for (const level of /** @type {const} */ ([0, 6])) {
    const zip = Uint8Array.from(zipSync(pictures, { level }));
    assert.equal(await unpack(page, Buffer.from(zip).toString("base64")), "read");
    t.diagnostic(await hurt(page, `zip, level ${level}`, zip, TIMES.zip, unpack, ["read", "damaged", "skipped", "unsafe-path", "too-large"]));
  }
});
