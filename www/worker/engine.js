// The engine worker: the one place that the page talks to. Each command of the page is answered here.
import { Failure } from "../shared/failure.js";
import { assertNever } from "../shared/protocol.js";
import { addImages } from "./adding.js";
import { answer, sendNotice } from "./answer.js";
import { fillBank } from "./bank.js";
import { crossValidate, fitMany } from "./fit_many.js";
import { runLab } from "./lab.js";
import { Session } from "./session.js";
import { Training, nextTask } from "./training.js";

/** @typedef {import("../shared/protocol.js").EngineCommand} EngineCommand */
/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */

/** @type {Session | undefined} */
let session;
const training = new Training();
/** One folder enters after the other. @type {Promise<unknown>} */
let adding = Promise.resolve();

answer(run, doing);

/** @param {EngineCommand} command @param {Call} call */
async function run(command, call) {
  switch (command.type) {
    case "open":
      return open(command.options, call);
    case "useBackbone":
      return useBackbone(command.options, call);
    case "addImages":
      return add(command.items, call);
    case "removeImages":
      return idle().project.removeImages(command.ids);
    case "renameClass":
      return idle().project.renameClass(command.from, command.to);
    case "groups":
      return idle().project.groups();
    case "checks":
      return idle().project.checks();
    case "fit":
      return training.fit(opened().project, command.options, call, () => fillBank(opened(), command.options, call));
    case "fitMany":
      return fitMany(idle(), command.options, call);
    case "crossValidate":
      return crossValidate(idle(), command.folds, command.options, call);
    case "lab":
      return training.alone(() => runLab(opened(), command.options, call));
    case "relabel":
      return idle().project.relabel(command.id, command.label);
    case "review":
      return review(command.seed, call);
    case "learningCurve":
      return learningCurve(command.options, call);
    case "pause":
      return training.pause();
    case "resume":
      return training.resume();
    case "evaluate":
      return idle().project.evaluate();
    case "predict":
      return predict(command.name, command.file, call);
    case "summary":
      return idle().project.summary(command.head, command.numClasses);
    case "export":
      return new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (await idle().project.exportModel(command.kind))]);
    default:
      return assertNever(command);
  }
}

/** @param {import("../shared/protocol.js").OpenOptions} options @param {Call} call */
async function open(options, { emit }) {
  const onWeights = (/** @type {number} */ loaded, /** @type {number} */ total) => emit({ type: "weights", loaded, total });
  session = await Session.open(options, { onWeights, onNotice: sendNotice });
  return session.info;
}

/** @param {import("../shared/protocol.js").OpenOptions} options @param {Call} call */
async function useBackbone(options, call) {
  const before = idle();
  const info = await open(options, call);
  before.close();
  return info;
}

/** @param {import("../shared/protocol.js").Item[]} items @param {Call} call */
function add(items, call) {
  const result = adding.then(() => addImages(idle(), items, call));
  adding = result.catch(() => {});
  return result;
}

/** @param {string} name @param {Blob} file @param {Call} call */
async function predict(name, file, { signal }) {
  const { project } = idle();
  const { features } = await /** @type {Session} */ (session).prepare(name, file, signal);
  return project.predict(features);
}

/** @param {number} seed @param {Call} call */
async function review(seed, { signal, emit }) {
  const doubts = await idle().project.review(seed, async (done) => {
    emit({ type: "share", done });
    await nextTask();
    return !signal.aborted;
  });
  signal.throwIfAborted();
  return doubts;
}

/** @param {import("../shared/protocol.js").FitOptions} options @param {Call} call */
async function learningCurve(options, { signal, emit }) {
  const points = await idle().project.learningCurve(options, async (point) => {
    emit({ type: "point", point });
    await nextTask();
    return !signal.aborted;
  });
  signal.throwIfAborted();
  return points;
}

function opened() {
  if (!session) throw new Failure("not-open", "headstart is not open yet.");
  return session;
}

/** The session, for what training must not see change under it, or would have to wait for its end. */
function idle() {
  if (training.isRunning) throw new Failure("busy", "Training is running. Wait for its end or stop it, then try again.");
  return opened();
}

/** @param {EngineCommand} command */
function doing(command) {
  switch (command.type) {
    case "open":
    case "useBackbone":
      return { doing: "starting" };
    case "addImages":
      return { doing: "adding images" };
    case "fit":
    case "fitMany":
    case "crossValidate":
    case "lab":
      return { doing: "training" };
    case "predict":
      return { doing: "predicting" };
    default:
      return { doing: "answering the page" };
  }
}
