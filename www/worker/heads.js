// A worker beside the engine that trains heads on the CPU, one after the other, on rows that it is given once; without an
// engine, one head on rows that come with the command.
import { assertNever } from "../shared/protocol.js";
import { answer } from "./answer.js";
import { fitRows, predictRows } from "./head_rows.js";
import { nextTask } from "./training.js";
import { loadEngine } from "./wasm.js";

/** @typedef {import("./answer.js").Call<Epoch>} Call */
/** Between two epochs that `fit` tells: they only show how far it is. */
const TELL_MS = 100;
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

/** @param {HeadsCommand} command @param {Call} call */
async function run(command, call) {
  switch (command.type) {
    case "take":
      return take(command.material);
    case "fit":
      return fit(command.options, call);
    case "fitRows":
      return fitAlone(command, call);
    case "predictRows":
      return predictRows(await openEngine(), command.file, command.features);
    default:
      return assertNever(command);
  }
}

/** @param {Material} material */
async function take(material) {
  const { items, rows } = material;
  saved = material.saved;
  engine = await openEngine();
  const width = rows.length / items.length;
  items.forEach((item, i) => engine.restoreImage(item, rows.subarray(i * width, (i + 1) * width)));
  for (const [id, views] of material.views?.rows ?? []) engine.addViews(material.views?.options, id, views);
}

/** On the sides that the trainer would take, whatever this worker trained before. @param {FitOptions} options @param {Call} call @returns {Promise<Run>} */
async function fit(options, { emit }) {
  engine.restore(saved);
  /** @type {Epoch[]} */
  const epochs = [];
  let due = performance.now() + TELL_MS;
  await engine.fit(options, (/** @type {Epoch} */ epoch) => {
    epochs.push(epoch);
    if (performance.now() < due) return;
    due = performance.now() + TELL_MS;
    emit(epoch);
  });
  const { images, perClass, trainIds, ...report } = await engine.evaluate();
  return { options, epochs, ...report };
}

/** @param {Extract<HeadsCommand, {type: "fitRows"}>} command @param {Call} call */
async function fitAlone({ features, labels, options }, { signal, emit }) {
  const head = await fitRows(await openEngine(), features, labels, options, async (epoch) => {
    emit(epoch);
    await nextTask();
    return !signal.aborted;
  });
  signal.throwIfAborted();
  return head;
}

async function openEngine() {
  const { Engine } = await loadEngine("cpu");
  return Engine.open("cpu");
}

function doing() {
  return { doing: "training" };
}
