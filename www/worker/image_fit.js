// Training with the images as input: the backbone is in the loop, and the lab's machinery computes what each epoch needs. The
// head becomes the project's. There are no checkpoints: a run that is broken off leaves the head of before.
import { Failure } from "../shared/failure.js";
import { LabBackbone, Pixels, compute } from "./lab.js";
import { needFiles } from "./needed_files.js";
import { seeImages } from "./seen.js";
import { nextTask } from "./training.js";

/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("../shared/protocol.js").Epoch} Epoch */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** @typedef {import("../shared/protocol.js").Fitted} Fitted */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */
/** @typedef {import("./session.js").Session} Session */

/** What can't be asked for together, as an error. @param {FitOptions} options */
export function checkInput({ input = "features", batchNorm, fold }) {
  const { policy, validationPolicy } = { policy: "stored", ...batchNorm };
  if (input !== "features" && input !== "images") throw wrong(`The input is “${input}”, but it takes “features” or “images”.`);
  if (input === "images" && fold) throw wrong("Folds are trained on features. Leave input out, or fold.");
  if (input === "features" && (policy !== "stored" || (validationPolicy ?? "stored") !== "stored")) {
    throw wrong("Features are computed once, by the stored statistics. Another BatchNorm policy needs the input “images”.");
  }
  for (const [name, value] of [["policy", policy], ["validationPolicy", validationPolicy ?? "stored"]]) {
    if (!POLICIES.includes(value)) throw wrong(`${name} is “${value}”, but it takes ${POLICIES.join(", ")}.`);
  }
  if (validationPolicy === "batch") {
    throw wrong("A head that is validated by the statistics of a batch can't classify one image. Choose stored, updated or reestimated for validation, or compare policies in the lab.");
  }
}

/** For what trains many heads at once. @param {FitOptions} options */
export function onFeaturesAlone(options) {
  checkInput(options);
  if (options.input === "images") throw wrong("Several heads are trained on features. Leave the input “images” to fit.");
}

const POLICIES = ["stored", "batch", "updated", "reestimated"];

/** @param {string} message */
const wrong = (message) => new Failure("wrong-option", message);

/** @param {Session} session @param {FitOptions} options @param {Call} call @param {() => Promise<void> | undefined} held waits while training is paused @returns {Promise<Fitted>} */
export async function fitOnImages(session, options, { signal, emit }, held) {
  const { project, keeping } = session;
  await needFiles(session);
  const weights = await session.weights;
  const stored = await session.crew.run({ type: "openLab", weights }, signal);
  const lab = await project.startLab({ ...options, runs: [options.batchNorm ?? { policy: "stored" }], isTraining: true }, stored);
  const [pixels, backbone] = [new Pixels(session, signal), await LabBackbone.open(session, weights)];
  const tell = (/** @type {import("../shared/lab.js").LabEvent} */ event) => event.type === "progress" && emit({ ...event, type: "images" });
  /** @type {Epoch[]} */
  const history = [];
  try {
    for (let isOver = false; !isOver && !signal.aborted; ) {
      await compute(lab, pixels, backbone, { signal, tell });
      const { ended, isOver: is } = await lab.advance();
      isOver = is;
      for (const { epoch } of ended) {
        history.push(epoch);
        emit({ type: "epoch", epoch });
      }
      await nextTask();
      await held();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (history.length === 0) return { bestEpoch: 0, stopped: true };
  const fitted = await project.keepLab(lab);
  await seeImages(session, new AbortController().signal);
  keeping?.keeper.keepTrained({ ...(await project.trained()), fit: { options, history } });
  return fitted;
}
