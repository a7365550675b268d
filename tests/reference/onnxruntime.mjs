// Runs a graph in ONNX Runtime: node onnxruntime.mjs MODEL INPUT.f32 OUT SIZE…
// SIZE…: those of the one input. Writes each output's numbers to OUT/NAME.f32.
import { readFile, writeFile } from "node:fs/promises";
import * as ort from "onnxruntime-web";

const [model, input, out, ...sizes] = process.argv.slice(2);
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(await readFile(model));
const numbers = await readFile(input);
const values = new Float32Array(numbers.buffer.slice(numbers.byteOffset, numbers.byteOffset + numbers.length));
const results = await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", values, sizes.map(Number)) });
for (const [name, tensor] of Object.entries(results)) {
  const data = /** @type {Float32Array} */ (await tensor.getData());
  await writeFile(`${out}/${name}.f32`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
