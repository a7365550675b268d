// The one way to call a worker: a promise for each command, events while it runs, an AbortSignal, transferred buffers.
// The page calls the engine through it, the engine its pool workers. `worker/answer.js` is the other end.
import { Failure } from "./failure.js";

/** @typedef {import("./protocol.js").FromWorker} FromWorker */

/** `onEvent`: what the worker tells while the command runs. An abort is passed on; the worker ends the call.
 * @template E
 * @typedef {{onEvent?: (event: E) => void, signal?: AbortSignal, transfer?: Transferable[]}} CallOptions
 */

/** @typedef {{resolve: (value: any) => void, reject: (error: Error) => void, onEvent?: (event: any) => void}} Waiting
 * `any`, because each call has its own types, which `call` states.
 */

/**
 * @template {{type: string}} C commands
 * @template {Record<C["type"], unknown>} R what each of them gives
 * @template E events
 * @template N notices
 */
export class Bridge {
  /** @type {Worker} */
  #worker;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  #nextId = 1;
  /** @type {Error | null} */
  #dead = null;
  /** @type {(notice: N) => void} */
  #onNotice;

  /** @param {Worker} worker @param {(notice: N) => void} [onNotice] */
  constructor(worker, onNotice = () => {}) {
    this.#worker = worker;
    this.#onNotice = onNotice;
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.#die(new Failure("worker-failed", workerText(event.message)));
    };
    worker.onmessageerror = () => this.#die(new Failure("worker-failed", workerText("a message could not be read")));
  }

  /** Sends a command. Rejects with a Failure, or with an AbortError where `signal` ended it.
   * @template {C} D
   * @param {D} command
   * @param {CallOptions<E>} [options]
   * @returns {Promise<R[D["type"]]>}
   */
  call(command, { onEvent, signal, transfer = [] } = {}) {
    if (this.#dead) return Promise.reject(this.#dead);
    if (signal?.aborted) return Promise.reject(abortError());
    const id = this.#nextId++;
    const abort = () => this.#worker.postMessage({ type: "abort", id });
    signal?.addEventListener("abort", abort);
    const result = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, onEvent }));
    this.#worker.postMessage({ type: "call", id, command }, transfer);
    return result.finally(() => signal?.removeEventListener("abort", abort));
  }

  /** Ends the worker. Calls that still wait reject with "closed". */
  close() {
    this.#die(new Failure("closed", "headstart was closed."));
  }

  /** @param {FromWorker} message */
  #receive(message) {
    if (message.type === "notice") return this.#onNotice(/** @type {N} */ (message.notice));
    const call = this.#waiting.get(message.id);
    if (!call) return;
    if (message.type === "event") return call.onEvent?.(message.event);
    this.#waiting.delete(message.id);
    if (message.type === "done") return call.resolve(message.value);
    const { code, message: text, file } = message;
    call.reject(code === "aborted" ? abortError() : new Failure(code, text, file));
  }

  /** Every call that waits fails now, and every later one.
   * @param {Error} error
   */
  #die(error) {
    if (this.#dead) return;
    this.#dead = error;
    this.#worker.terminate();
    for (const call of this.#waiting.values()) call.reject(error);
    this.#waiting.clear();
  }
}

const abortError = () => new DOMException("Stopped.", "AbortError");

/** @param {string} [detail] */
const workerText = (detail) => (detail
  ? `A background worker of headstart failed (${detail}). Reload the page; your files are untouched.`
  : "A background worker of headstart failed. Reload the page; your files are untouched.");
