// Writes teachable.json beside this file: what a Teachable Machine export says of ten pictures, by TensorFlow.js itself.
//   node teachable.mjs MODEL_FOLDER PIXELS.bin
// PIXELS.bin: u8 [n, 224, 224, 3]. Needs @tensorflow/tfjs 4.22.0 beside it; runs on its plain JavaScript backend.
import { readFileSync, writeFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";

const [folder, source] = process.argv.slice(2);
await tf.setBackend("cpu");
const json = JSON.parse(readFileSync(`${folder}/model.json`, "utf8"));
const raw = readFileSync(`${folder}/weights.bin`);
const model = await tf.loadLayersModel(tf.io.fromMemory({
  modelTopology: json.modelTopology,
  weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
  weightData: raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length),
}));
const { labels } = JSON.parse(readFileSync(`${folder}/metadata.json`, "utf8"));
const bytes = readFileSync(source), size = 224 * 224 * 3;
const probabilities = Array.from({ length: bytes.length / size }, (_, i) => {
  const x = tf.tensor(Float32Array.from(bytes.subarray(i * size, (i + 1) * size)), [1, 224, 224, 3]).div(127.5).sub(1);
  return [...model.predict(x).dataSync()].map((value) => Number(value.toPrecision(7)));
});
writeFileSync(new URL("teachable.json", import.meta.url), `${JSON.stringify({ tfjs: tf.version.tfjs, labels, probabilities }, null, 1)}\n`);
