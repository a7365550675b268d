// A worker beside the engine that trains heads on the CPU, one after the other, on rows that it is given once.
import { assertNever } from "../shared/protocol.js";
import { answer } from "./answer.js";
import { loadEngine } from "./wasm.js";

/** @typedef {import("../shared/protocol.js").Epoch} Epoch */
/** @typedef {import("../shared/protocol.js").HeadsCommand} HeadsCommand */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** @typedef {import("../shared/protocol.js").Material} Material */
/** @typedef {import("../shared/protocol.js").Run} Run */

/** @type {import("../pkg/engine.js").Engine} */
let engine;
/** Groups and sides as they were when the rows came. */
let saved = "";

answer(run, doing);

/** @param {HeadsCommand} command */
async function run(command) {
  switch (command.type) {
    case "take":
      return take(command.material);
    case "fit":
      return fit(command.options);
    default:
      return assertNever(command);
  }
}

/** @param {Material} material */
async function take(material) {
  const { items, rows } = material;
  saved = material.saved;
  const { Engine } = await loadEngine("cpu");
  engine = await Engine.open("cpu");
  const width = rows.length / items.length;
  items.forEach((item, i) => engine.restoreImage(item, rows.subarray(i * width, (i + 1) * width)));
  for (const [id, views] of material.views?.rows ?? []) engine.addViews(material.views?.options, id, views);
}

/** On the sides that the trainer would take, whatever this worker trained before. @param {FitOptions} options @returns {Promise<Run>} */
async function fit(options) {
  engine.restore(saved);
  /** @type {Epoch[]} */
  const epochs = [];
  await engine.fit(options, (/** @type {Epoch} */ epoch) => void epochs.push(epoch));
  const { images, perClass, trainIds, ...report } = await engine.evaluate();
  return { options, epochs, ...report };
}

function doing() {
  return { doing: "training" };
}
