// The packed package without a browser: what is in it, its types, and training in Node.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT, installApp, pictures, write } from "./app.mjs";

const run = promisify(execFile);
/** 18 MB when this was written; a third more is a file too many. */
const MOST_BYTES = 24e6;

const SCRIPT = `
import { readFile } from "node:fs/promises";
import { Trainer, extractFeatures, fitHead, predict } from "headstart";
const labels = JSON.parse(await readFile("labels.json", "utf8"));
const names = Object.keys(labels);
const sources = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(name) })));
let told = 0;
const features = await extractFeatures([...sources, { name: "cut.png", bytes: sources[0].bytes.subarray(0, 40) }], { onPicture: () => told++ });
const epochs = [];
const head = await fitHead(features, Object.values(labels), { head: "linear", epochs: 5, seed: 1, onEpoch: ({ epoch }) => epochs.push(epoch) });
const best = (await predict(head, features)).map(([{ label }]) => label);
const again = await fitHead(features, Object.values(labels), { head: "linear", epochs: 5, seed: 1 });
const stop = new AbortController();
const refused = {};
const code = (name) => (error) => { refused[name] = error.name === "AbortError" ? error.name : error.code; };
await fitHead(features, Object.values(labels), { epochs: 1e6, signal: stop.signal, onEpoch: () => stop.abort() }).catch(code("stopped"));
await fitHead(features, names.slice(1)).catch(code("labels"));
await fitHead(features, names.map(() => "")).catch(code("empty"));
await fitHead(features, names.map(() => "one")).catch(code("one class"));
await fitHead(features, Object.values(labels), { augment: {} }).catch(code("augment"));
await extractFeatures([], { backbone: "nonesuch" }).catch(code("backbone"));
await extractFeatures([], { backbone: "resnet50" }).catch(code("weights"));
await extractFeatures([], { weightsUrl: "labels.json" }).catch(code("other weights"));
await extractFeatures([], { device: "webgpu" }).catch(code("device"));
await predict(head.file.subarray(0, 99), features).catch(code("head"));
await predict(head, { ...features, backbone: "resnet50" }).catch(code("other backbone"));
await Trainer.create().catch(code("Trainer"));
const { accuracy, train, validation } = head.report;
console.log(JSON.stringify({
  told, epochs, best, refused, accuracy, all: train + validation, rejected: features.rejected.map((one) => [one.name, one.code]),
  isSame: Buffer.compare(head.file, again.file) === 0, rows: features.rows.length, labels: head.labels,
}));
`;

const RIGHT = `
import { Trainer, extractFeatures, fitHead, predict, type Epoch, type Features, type Head } from "headstart";
const files: File[] = [];
const trainer = await Trainer.create({ device: "cpu", onProgress: ({ loaded, total }) => loaded / total });
const { accepted } = await trainer.addImages(files, { label: "cat" });
const name: string = accepted[0].name;
for await (const epoch of trainer.fit({ head: "mlp", epochs: 3 })) { const { valLoss }: Epoch = epoch; valLoss.toFixed(2); }
const features: Features = await extractFeatures([{ bytes: new Uint8Array(), name }], { onPicture: (done, total) => done / total });
const head: Head = await fitHead(features, ["cat"], { optimizer: "sgd", momentum: 0.9, onEpoch: ({ loss }) => loss });
const probability: number = (await predict(head, features))[0][0].probability;
probability.toFixed(1);
`;

/** Each is refused, by itself. */
const WRONG = [
  'Trainer.create({ device: "gpu" });',
  'Trainer.create().then((trainer) => trainer.fit({ epochs: "30" }));',
  'Trainer.create().then((trainer) => trainer.addImages(["cat.jpg"]));',
  'extractFeatures(["cat.jpg"]);',
  'fitHead(features, "cat");',
  'fitHead(features, ["cat"], { augment: {} });',
  'fitHead(features, ["cat"]).then((head) => head.accuracy);',
  "predict(features, features);",
];

test("the package has its files, trains in Node, and is typed", async (t) => {
  const { folder, packed } = await installApp(t);
  const paths = packed.files.map(({ path }) => path);

  await t.test("what is packed is what its entries reach, with every licence", async () => {
    const wanted = [
      "README.md", "package.json", "index.js", "node.js", "types/npm/index.d.ts", "page/trainer.js", "worker/engine.js", "worker/heads.js", "worker/pool.js",
      "pkg/engine_bg.wasm", "pkg/engine_cpu_bg.wasm", "pkg/engine_cpu_relaxed_bg.wasm", "pkg/pool_bg.wasm", "pkg/pool_relaxed_bg.wasm",
      "weights/efficientnet-lite0.safetensors", "weights/LICENSE.txt", "LICENSE-MIT.txt", "LICENSE-APACHE.txt", "NOTICES.txt", "licenses-rust.txt",
      "vendor/fflate.LICENSE.txt", "vendor/h5wasm.LICENSE.txt", "vendor/idb.LICENSE.txt",
    ];
    assert.deepEqual(wanted.filter((path) => !paths.includes(path)), []);
    assert.deepEqual(paths.filter((path) => /\.(html|css|br|gz|map)$|uPlot|d3-dsv|page\/main|examples|service_worker|sw\.js/.test(path)), []);
    assert.ok(packed.size < MOST_BYTES, `${packed.size} bytes`);
    const { version, dependencies } = JSON.parse(await readFile(join(folder, "node_modules/headstart/package.json"), "utf8"));
    const cargo = await readFile(join(ROOT, "Cargo.toml"), "utf8");
    assert.ok(cargo.includes(`\nversion = "${version}"\n`), version);
    assert.equal(dependencies, undefined);
    t.diagnostic(`${paths.length} files, ${packed.size} bytes packed, ${packed.unpackedSize} unpacked`);
  });

  await t.test("a script trains and predicts in Node", async () => {
    const all = pictures();
    const labels = Object.fromEntries(all.map(({ name, label }) => [name, label]));
    await write(folder, { "script.js": SCRIPT, "labels.json": JSON.stringify(labels), ...Object.fromEntries(all.map(({ name, bytes }) => [name, bytes])) });
    const { stdout } = await run(process.execPath, ["script.js"], { cwd: folder });
    const { refused, ...out } = JSON.parse(stdout);
    assert.deepEqual(out, {
      told: 17, epochs: [1, 2, 3, 4, 5], best: Object.values(labels), accuracy: 1, all: 16, rejected: [["cut.png", "truncated"]],
      isSame: true, rows: 16 * 1280, labels: ["rings", "stripes"],
    });
    assert.deepEqual(refused, {
      stopped: "AbortError", labels: "wrong-rows", empty: "no-class", "one class": "too-few-classes", augment: "wrong-option",
      backbone: "unknown-backbone", weights: "weights-missing", "other weights": "weights-altered", device: "no-device",
      head: "weights-invalid", "other backbone": "other-backbone", Trainer: "unsupported-browser",
    });
  });

  for (const moduleResolution of ["bundler", "nodenext"]) {
    await t.test(`types: a right call passes, and each wrong one fails (${moduleResolution})`, async () => {
      const wrong = WRONG.map((call) => `// @ts-expect-error\n${call}\n`).join("");
      const [head] = /import .*\n/.exec(RIGHT) ?? [""];
      await write(folder, { "right.ts": RIGHT, "wrong.ts": `${head}declare const features: Features;\n${wrong}` });
      const module = moduleResolution === "bundler" ? "esnext" : "nodenext";
      const options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--types", "", "--module", module, "--moduleResolution", moduleResolution];
      const tsc = (/** @type {string[]} */ ...files) =>
        run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), ...options, ...files], { cwd: folder }).then(() => "", ({ stdout }) => stdout);
      assert.equal(await tsc("right.ts"), "");
      assert.equal(await tsc("wrong.ts"), "", "@ts-expect-error complains where a call is taken");
      await write(folder, { "one.ts": `${head}${WRONG[0]}\n` });
      assert.match(await tsc("one.ts"), /one\.ts.*error TS/);
    });
  }
});
