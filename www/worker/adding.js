// Adds images: many are read at once, but they enter the project in the order in which they were given, so that a seed
// gives the same training every time. At most `AHEAD` per worker are on their way, and on WebGPU as many more as it takes:
// that keeps the memory flat.
import { Failure, failureFrom } from "../shared/failure.js";

/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("../shared/protocol.js").Item} Item */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */
/** @typedef {import("./session.js").Session} Session */
/** @typedef {Awaited<ReturnType<Session["prepare"]>>} Prepared */

const AHEAD = 4;
/** Failures that are not about the one file: the whole call ends. */
export const FATAL = new Set(["aborted", "worker-failed", "unsupported-browser", "weights-missing", "weights-altered", "weights-invalid"]);

/** Tells each image and each rejected file as an event. One bad file never stops the others.
 * @param {Session} session @param {Item[]} items @param {Call} call
 */
export async function addImages(session, items, { signal, emit }) {
  const prepare = async (/** @type {Item} */ item) => {
    const prepared = await session.prepare(item.name, item.file, signal).catch((error) => failureFrom(error, "reading", item.name));
    return { item, prepared };
  };
  for await (const { item, prepared } of inOrder(items, AHEAD * session.crew.size + session.project.imagesOnGpu, prepare)) {
    signal.throwIfAborted();
    if (prepared instanceof Failure && FATAL.has(prepared.code)) throw prepared;
    emit(prepared instanceof Failure ? rejection(item.name, prepared) : await enter(session, item, prepared));
  }
}

/** @param {Session} session @param {Item} item @param {Prepared} prepared @returns {Promise<EngineEvent>} */
async function enter(session, { name, label, file }, { sha256, fingerprint, features, width, height, thumbnail, unusualDecoder }) {
  try {
    const entered = await session.project.addImage({ name, label, sha256, fingerprint, features }, file);
    return { type: "image", image: { ...entered, name, label, width, height, thumbnail, ...(unusualDecoder && { unusualDecoder }) } };
  } catch (error) {
    const failure = failureFrom(error, "adding", name);
    if (failure.code === "crashed" || FATAL.has(failure.code)) throw failure;
    return rejection(name, failure);
  }
}

/** @param {string} name @param {Failure} failure @returns {EngineEvent} */
function rejection(name, { code, message }) {
  return { type: "rejected", rejected: { name, reason: message, code } };
}

/** Results in the order of the items, with at most `limit` under way. `work` must not reject.
 * @template T, R
 * @param {T[]} items @param {number} limit @param {(item: T) => Promise<R>} work
 * @returns {AsyncGenerator<R, void>}
 */
async function* inOrder(items, limit, work) {
  /** @type {Promise<R>[]} */
  const running = [];
  for (const item of items) {
    running.push(work(item));
    if (running.length >= limit) yield /** @type {Promise<R>} */ (running.shift());
  }
  while (running.length > 0) yield /** @type {Promise<R>} */ (running.shift());
}
