// Runs the head in TensorFlow.js on the sample pictures' feature rows, and says pass or fail.
//
//   npm install @tensorflow/tfjs
//   node check.mjs
//
// Ends with status 1 where anything fails.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const HERE = new URL("./", import.meta.url);
const read = (name) => readFile(new URL(name, HERE));
const json = async (name) => JSON.parse(await read(name));

/** The whole package, or the three parts that are needed. */
async function tensorflow() {
  const whole = await import("@tensorflow/tfjs").catch(() => null);
  if (whole) return whole;
  const [core, layers] = await Promise.all(["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers", "@tensorflow/tfjs-backend-cpu"].map((name) => import(name)));
  return { ...core, ...layers };
}

const tf = await tensorflow();
const [card, model, expected, weights] = await Promise.all([json("card.json"), json("model.json"), json("expected.json"), read("weights.bin")]);
const loaded = await tf.loadLayersModel(tf.io.fromMemory({
  modelTopology: model.modelTopology,
  weightSpecs: model.weightsManifest[0].weights,
  weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length),
}));

let failed = false;
function say(passed, what) {
  failed ||= !passed;
  console.log(passed ? "pass" : "FAIL", what);
}

for (const [name, recorded] of Object.entries(card.files)) {
  const found = createHash("sha256").update(await read(name)).digest("hex");
  if (found !== recorded) say(false, `${name}: its SHA-256 is not the one in card.json`);
}
for (const { file, features, probabilities } of expected.samples) {
  const ours = await loaded.predict(tf.tensor2d([features])).data();
  const difference = Math.max(...probabilities.map((value, i) => Math.abs(value - ours[i])));
  const limit = expected.tolerance.head;
  say(difference <= limit, `${file}, head: largest difference ${difference.toExponential(1)}, allowed ${limit.toExponential(1)}`);
}
console.log(failed ? "Something differs: do not rely on this copy of the head." : "All checks passed.");
process.exitCode = failed ? 1 : 0;
