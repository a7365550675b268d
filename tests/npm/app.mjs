// The package as its users have it: packed, and installed from the tarball into an empty folder.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { emptyFolder, pattern } from "../web/pictures.mjs";

const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LABELS = ["rings", "stripes"];
/** Of each class. */
const PICTURES = 8;

/** A folder with headstart in its node_modules, and what `npm pack` said of it.
 * @param {import("node:test").TestContext} t @param {Record<string, string>} [files]
 * @returns {Promise<{folder: string, packed: {size: number, unpackedSize: number, files: {path: string}[]}}>}
 */
export async function installApp(t, files = {}) {
  const folder = await emptyFolder(t);
  await run(process.execPath, [join(ROOT, "build/npm.mjs")]);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: join(ROOT, "dist-npm") });
  const said = JSON.parse(stdout);
  const [packed] = Array.isArray(said) ? said : Object.values(said); // npm 11 lists, later ones name
  await write(folder, { "package.json": JSON.stringify({ name: "app", private: true, type: "module" }), ...files });
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${packed.filename}`], { cwd: folder });
  return { folder, packed };
}

/** @param {string} folder @param {Record<string, string | Buffer>} files */
export async function write(folder, files) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

/** Pictures that no two are near-duplicates of. */
export const pictures = () => LABELS.flatMap((label) =>
  Array.from({ length: PICTURES }, (_, n) => ({ name: `${label}-${n}.png`, label, bytes: pattern(label, n, 3) })));

/** What a page needs for `trainThere`. */
export const MAIN = `import * as headstart from "headstart";
globalThis.headstart = headstart;
`;
export const HTML = (/** @type {string} */ script) => `<!doctype html><title>app</title><script type="module" src="${script}"></script>`;

/** Trains by everything that the package exports, in a page that has it as `headstart`. @param {import("playwright-core").Page} page */
export async function trainThere(page) {
  await page.waitForFunction(() => "headstart" in globalThis);
  const sent = pictures().map(({ bytes, ...picture }) => ({ ...picture, base64: bytes.toString("base64") }));
  return page.evaluate(async (sent) => {
    const { Trainer, extractFeatures, fitHead, predict } = /** @type {any} */ (globalThis).headstart;
    const all = sent.map(({ base64, ...picture }) => ({ ...picture, bytes: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) }));
    const trainer = await Trainer.create({ device: "cpu", workers: 2 });
    const { accepted, rejected } = await trainer.addImages(all);
    const epochs = [];
    for await (const epoch of trainer.fit({ head: "linear", epochs: 5, seed: 1 })) epochs.push(epoch.epoch);
    const [{ label }] = await trainer.predict(new File([all[0].bytes], "rings.png"));
    const runs = await trainer.fitMany([{ epochs: 2 }]);
    const { size } = await trainer.export("bundle");
    const model = new File([await (await trainer.export("safetensors")).arrayBuffer()], "head.safetensors");
    trainer.free();
    const features = await extractFeatures([...all, { name: "none.jpg", bytes: new Uint8Array(9) }], { device: "cpu", workers: 2 });
    const head = await fitHead(features, all.map((one) => one.label), { head: "linear", epochs: 5, seed: 1 });
    const ranked = [await predict(head, features), await predict(new Uint8Array(await model.arrayBuffer()), features)];
    const stop = new AbortController();
    const code = (/** @type {any} */ error) => (error.name === "AbortError" ? error.name : error.code);
    const codes = await Promise.all([
      fitHead(features, all.map((one) => one.label), { epochs: 1e6, signal: stop.signal, onEpoch: () => stop.abort() }).catch(code),
      fitHead(features, ["rings"]).catch(code),
      predict(head.file.subarray(0, 99), features).catch(code),
      extractFeatures([], { device: "cpu", backbone: "nonesuch" }).catch(code),
    ]);
    const best = ranked.map((rows) => rows.map((/** @type {any} */ row) => row[0].label));
    const refused = features.rejected.map((/** @type {any} */ { name, code }) => [name, code]);
    return { accepted: accepted.length, rejected, epochs, label, runs: runs.length, size, rows: [...features.rows], refused, epochsAlone: head.epochs.length, best, codes };
  }, sent);
}

