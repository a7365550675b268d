// A worker's end of the bridge: runs each command that arrives and answers with its value, its events or its failure.
import { failureFrom } from "../shared/failure.js";

/** @typedef {import("../shared/protocol.js").FromWorker} FromWorker */

/** `emit`: an event of this call. `signal`: aborted when the caller asks.
 * @template E
 * @typedef {{signal: AbortSignal, emit: (event: E) => void}} Call
 */

/** Buffers of a result that are handed over instead of copied.
 * @param {unknown} value
 */
function buffersOf(value) {
  const parts = value instanceof Object ? [value, ...Object.values(value)] : [];
  return parts.flatMap((part) => (ArrayBuffer.isView(part) && part.buffer instanceof ArrayBuffer ? [part.buffer] : []));
}

/** @param {FromWorker} message @param {Transferable[]} [transfer] */
function send(message, transfer = []) {
  self.postMessage(message, { transfer });
}

/** Tells the caller something that belongs to no call.
 * @param {unknown} notice
 */
export function sendNotice(notice) {
  send({ type: "notice", notice });
}

/** Answers every command with what `run` gives. `doing` names a command's work for the text of a crash.
 * @template {{type: string}} C
 * @template E
 * @param {(command: C, call: Call<E>) => unknown} run
 * @param {(command: C) => {doing: string, file?: string}} doing
 */
export function answer(run, doing) {
  /** @type {Map<number, AbortController>} */
  const running = new Map();
  self.onmessage = async (/** @type {MessageEvent<import("../shared/protocol.js").ToWorker<C>>} */ { data }) => {
    const { id } = data;
    if (data.type === "abort") return running.get(id)?.abort();
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const emit = (/** @type {E} */ event) => send({ type: "event", id, event });
      const value = await run(data.command, { signal: controller.signal, emit });
      send({ type: "done", id, value }, buffersOf(value));
    } catch (error) {
      const what = doing(data.command);
      const { code, message, file, cause } = failureFrom(error, what.doing, what.file);
      if (cause) console.warn(cause);
      send({ type: "failed", id, code, message, file });
    } finally {
      running.delete(id);
    }
  };
}
