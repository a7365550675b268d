// Does what Python asks for, and answers. What the answers hold of pictures: nothing, but for `images`, which is said on screen.
import { KIND_NAMES } from "./examples.js";

/** @import { Call, Model, Told, ToKernel } from "./protocol.js" */
/** @typedef {import("./session.js").Session} Session */
/** `bytes` go before the answer, in parts. @typedef {{value: unknown, bytes?: Uint8Array}} Answer */

/** Of one message; Jupyter's server takes 10 MB at most. */
const PART_BYTES = 4e6;
const ANSWER_WITHIN_MS = 15_000;
const GONE = "The kernel does not answer: it is busy, was restarted, or is gone. The trainer goes on in this page; for a new kernel run the cell with Trainer() again.";
const EXPORTS = ["safetensors", "onnx", "head-onnx", "bundle", "pytorch", "tfjs"];

/** Listens to the kernel until the model goes. @param {Model} model @param {Session} session */
export function answerCalls(model, session) {
  const own = crypto.randomUUID();
  let [answered, isHeard, isAside] = [true, true, false];
  let last = "";
  const told = () => {
    const state = session.told;
    const text = JSON.stringify(state);
    const isNew = text !== last;
    last = text;
    return { state, isNew };
  };
  model.on("msg:custom", (message, buffers) => {
    if (message.type === "pong") {
      answered = true;
      if (!isHeard) session.say("The kernel hears this page again.");
      isHeard = true;
    }
    if (message.type === "stop") session.stop();
    if (message.type === "listening" && message.session !== own && !isAside) {
      isAside = true;
      session.say("Python now listens to another page that shows this trainer; this one goes on by itself.");
    }
    if (message.type === "call" && message.session === own) answer(model, session, message.id, message.call, buffers, told);
  });
  model.send({ type: "hello", session: own });
  const miss = () => {
    if (isHeard) session.say(GONE);
    [answered, isHeard] = [true, false];
  };
  const send = (/** @type {ToKernel} */ message) => {
    try {
      model.send(message);
    } catch {
      miss(); // a connection that is closed throws
    }
  };
  /** Asks whether the kernel still hears; says so once where it does not. */
  const ping = () => {
    if (!answered) return;
    answered = false;
    send({ type: "ping" });
    setTimeout(() => {
      if (!answered) miss();
    }, ANSWER_WITHIN_MS);
  };
  return {
    /** By a message: a trait's changes wait for the kernel's being idle, which it is not while a cell awaits. What it knows from an answer is not said again. */
    tell() {
      const { state, isNew } = told();
      if (!isNew || isAside) return;
      send({ type: "state", state });
      if (state.status === "trained") ping();
    },
  };
}

/** @param {Model} model @param {Session} session @param {number} id @param {Call} call @param {DataView[]} buffers @param {() => {state: Told}} told */
async function answer(model, session, id, call, buffers, told) {
  try {
    const { value, bytes = new Uint8Array() } = await answerTo(session, call, buffers);
    for (let at = 0; at < bytes.length; at += PART_BYTES) model.send({ type: "part", id }, undefined, [bytes.slice(at, at + PART_BYTES)]);
    model.send({ type: "done", id, value: value ?? null, state: told().state });
  } catch (error) {
    const { code, name, message, file } = Object(error);
    const stopped = name === "AbortError";
    model.send({ type: "failed", id, code: stopped ? "stopped" : String(code ?? "failed"), message: stopped ? "Stopped in the browser." : String(message), file });
  }
}

/** @param {Session} session @param {Call} call @param {DataView[]} buffers @returns {Promise<Answer>} */
async function answerTo(session, call, buffers) {
  switch (call.command) {
    case "load_examples":
      if (!KIND_NAMES.includes(call.kind)) throw new Error(`There are no examples “${call.kind}”. There are: ${KIND_NAMES.join(", ")}.`);
      return { value: await session.addExamples(call.kind, call.each, call.seed) };
    case "add_images":
      return { value: await session.addImages(call.pictures.map((picture, at) => ({ ...picture, file: fileFrom(picture.name, buffers[at]) }))) };
    case "fit":
      return { value: await session.fit(call.options) };
    case "cross_validate":
      return { value: await session.crossValidate(call) };
    case "lab":
      return { value: await session.lab(call) };
    case "predict":
      return { value: await session.predict(fileFrom(call.name, buffers[0])) };
    case "groups":
      return { value: await session.ask((trainer) => trainer.groups()) };
    case "features": {
      const { rows, value } = await session.features();
      return { value, bytes: new Uint8Array(rows.buffer) };
    }
    case "images":
      return images(session);
    case "export": {
      if (!EXPORTS.includes(call.kind)) throw new Error(`There is no export “${call.kind}”. There are: ${EXPORTS.join(", ")}.`);
      const { kind } = call;
      const file = /** @type {Blob} */ (await session.ask((trainer) => trainer.export(kind)));
      return { value: null, bytes: new Uint8Array(await file.arrayBuffer()) };
    }
    default:
      throw new TypeError(`unknown call ${JSON.stringify(call)}`);
  }
}

/** The files as they were chosen. @param {Session} session @returns {Promise<Answer>} */
async function images(session) {
  await session.ask(async () => {}); // after what was asked for before
  const added = [...session.images.values()];
  session.say(`Sent to Python, which asked for them: ${added.length} pictures, as files.`);
  const bytes = new Uint8Array(await new Blob(added.map(({ file }) => file)).arrayBuffer());
  return { value: added.map(({ id, name, label, file }) => ({ id, name, label, size: file.size })), bytes };
}

/** @param {string} name @param {DataView} bytes */
const fileFrom = (name, bytes) => new File([/** @type {BlobPart} */ (bytes)], name);
