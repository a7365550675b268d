// Seeded damage to project files: each is read, or refused as damaged; nothing else is thrown, and nothing is taken in by halves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf, zipOf } from "../../www/worker/archive.js";
import { checkedManifest, checkedProject } from "../../www/worker/project_file_check.js";
import { numbers } from "./damage.mjs";

const TIMES = 4000;
const HASH = "0".repeat(64);

const IMAGE = { id: 3, name: "a.png", label: "a", sha256: HASH, fingerprint: HASH, looksLike: null, width: 9, height: 9, unusualDecoder: false, numFeatures: 2 };
const EPOCH = { epoch: 1, loss: 1, accuracy: 1, valLoss: 1, valAccuracy: 1, learningRate: 1, seconds: 1 };
const PROJECT = {
  name: "p", weights: HASH, preprocessing: 1, policy: "stored", nextId: 9, images: [IMAGE, { ...IMAGE, id: 4, looksLike: 3 }],
  saved: "{}", ofHead: { saved: "{}", fit: { options: { head: "mlp", epochs: 1 }, history: [EPOCH] } }, colours: [["a", "#1b62a8"]],
};
const MANIFEST = { format: "headstart-project", version: 1, parts: [{ path: "project.json", bytes: 9, sha256: HASH }] };

/** Fails unless it is read or refused in the right way. @param {string} what @param {() => unknown} read */
async function readOrRefused(what, read) {
  try {
    await read();
    return true;
  } catch (error) {
    assert.equal(Object(error).code, "damaged", `${what}: ${Object(error).stack}`);
    return false;
  }
}

const JUNK = [null, undefined, [], {}, -1, 0.5, 1e99, NaN, "", "x", "x".repeat(1e5), "__proto__", "<img>", true, [[]], { length: 1e9 }];

/** A copy in which one value is another. @param {any} value @param {(below: number) => number} random @returns {any} any: so is JSON */
function damaged(value, random) {
  if (typeof value !== "object" || value === null || random(6) === 0) return JUNK[random(JUNK.length)];
  const copy = Array.isArray(value) ? [...value] : { ...value };
  const keys = Object.keys(copy);
  const key = keys[random(keys.length)];
  if (key === undefined) return JUNK[random(JUNK.length)];
  Object.assign(copy, { [key]: damaged(Reflect.get(copy, key), random) });
  return copy;
}

test("lists with a value that is another are read or refused", async () => {
  assert.ok(await readOrRefused("whole", () => checkedProject(PROJECT)));
  assert.ok(await readOrRefused("whole", () => checkedManifest(MANIFEST)));
  let read = 0;
  for (let seed = 0; seed < TIMES; seed++) {
    const random = numbers(seed);
    read += Number(await readOrRefused(`project ${seed}`, () => checkedProject(damaged(PROJECT, random))));
    read += Number(await readOrRefused(`manifest ${seed}`, () => checkedManifest(damaged(MANIFEST, random))));
  }
  assert.ok(read > 0 && read < TIMES);
});

test("a colour that is none is refused, and a project needs no colours", async () => {
  for (const colours of [[["a", "red"]], [["a", "#1B62A8"]], [["a"]], [[1, "#1b62a8"]], [["a", "url(x)#123456"]], {}, null]) {
    assert.equal(await readOrRefused("colours", () => checkedProject({ ...PROJECT, colours })), false, JSON.stringify(colours));
  }
  const { colours, ...plain } = PROJECT;
  assert.deepEqual([checkedProject(PROJECT).colours, checkedProject(plain).colours], [colours, undefined]);
});

test("a damaged zip is read or refused", async () => {
  const blob = (/** @type {unknown} */ value) => new Blob([JSON.stringify(value)]);
  const whole = new Uint8Array(await (await zipOf([{ path: "manifest.json", blob: blob(MANIFEST) }, { path: "project.json", blob: blob(PROJECT) }])).arrayBuffer());
  assert.equal((await entriesOf(new Blob([whole]))).size, 2);
  for (let seed = 0; seed < TIMES; seed++) {
    const random = numbers(seed);
    const bytes = whole.slice(0, random(8) === 0 ? random(whole.length) : whole.length);
    for (let wounds = random(5); wounds >= 0 && bytes.length > 0; wounds--) {
      // Most lie in the headers and the list at the end.
      bytes[random(2) ? random(bytes.length) : bytes.length - 1 - random(Math.min(160, bytes.length))] = [0, 1, 127, 128, 255, random(256)][random(6)];
    }
    await readOrRefused(`zip ${seed}`, async () => {
      for (const entry of (await entriesOf(new Blob([bytes]))).values()) assert.ok(entry.size <= bytes.length);
    });
  }
});
