// The crew: N pool workers and one queue. A worker has two commands, so that it computes for one while the other's file is
// read or its thumbnail encoded. A worker that traps or dies is replaced, and only the file that it had begun is lost; if
// none can be started, every waiting command fails with the reason.
import { Bridge } from "../shared/bridge.js";
import { Failure, failureFrom } from "../shared/failure.js";
import { compilePool } from "./wasm.js";

/** @typedef {import("../shared/protocol.js").PoolCommand} PoolCommand */
/** @typedef {import("../shared/protocol.js").PoolResults} PoolResults */
/** @typedef {import("../shared/protocol.js").Simd} Simd */
/** @typedef {import("../shared/protocol.js").Spec} Spec */
/** @typedef {{name: string, weights: Blob}} Backbone */
/** `room`: how many more commands it takes. @typedef {{bridge: Bridge<PoolCommand, PoolResults, never, never>, started: boolean, room: number, equipped?: Promise<void>}} Hand */
/** @typedef {{command: PoolCommand, signal?: AbortSignal, resolve: (value: any) => void, reject: (error: unknown) => void}} Job
 * `any`: `run` states the type of each command's value.
 */

/** Commands of one worker at a time. */
const AT_ONCE = 2;

export class Crew {
  /** The backbone's record, from the first worker that starts. @type {Promise<Spec>} */
  spec;
  /** Workers asked for. @type {number} */
  size;
  /** @type {Promise<WebAssembly.Module>} */
  #module;
  /** @type {{simd: Simd, backbone: string}} */
  #start;
  /** @type {Backbone | undefined} */
  #backbone;
  /** @type {Set<Hand>} */
  #hands = new Set();
  /** @type {Job[]} */
  #queue = [];
  #isClosed = false;

  /** @param {{size: number, simd: Simd, backbone: string}} options */
  constructor({ size, simd, backbone }) {
    this.size = size;
    this.#start = { simd, backbone };
    this.#module = compilePool(simd);
    this.spec = first(Array.from({ length: size }, () => this.#hire()));
    this.spec.catch(() => {}); // every command tells
  }

  /** Gives a command to the next free worker.
   * @template {PoolCommand} D
   * @param {D} command
   * @param {AbortSignal} [signal] takes the command out of the queue; one that runs is not stopped
   * @returns {Promise<PoolResults[D["type"]]>}
   */
  run(command, signal) {
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, signal, resolve, reject });
      this.#dispatch();
    });
  }

  /** Loads the backbone into every worker, now and in those to come; resolves when the first has it.
   * @param {Backbone} backbone
   */
  async equip(backbone) {
    this.#backbone = backbone;
    const started = [...this.#hands].filter((hand) => hand.started);
    if (started.length > 0) await first(started.map((hand) => this.#equip(hand)));
  }

  /** Ends all workers until `wake`, so that another crew has their memory; what waits fails. */
  rest() {
    for (const hand of [...this.#hands]) this.#dismiss(hand, new Failure("closed", "Another backbone is about to be used."));
  }

  /** Hires anew, where none is left. */
  wake() {
    if (this.#hands.size > 0) return;
    for (let n = 0; n < this.size; n++) this.#hire().catch(() => {}); // every command tells
  }

  /** What the workers that are there asked for over the network. */
  async requests() {
    const started = [...this.#hands].filter((hand) => hand.started);
    return (await Promise.all(started.map(({ bridge }) => bridge.call({ type: "requests" }).catch(() => [])))).flat();
  }

  /** Ends all workers; what waits fails. */
  close() {
    this.#isClosed = true;
    for (const hand of [...this.#hands]) this.#dismiss(hand, new Failure("closed", "This backbone is no longer in use."));
  }

  async #hire() {
    const worker = new Worker(new URL("./pool.js", import.meta.url), { type: "module" });
    /** @type {Hand} */
    const hand = { bridge: new Bridge(worker), started: false, room: 0 };
    this.#hands.add(hand);
    try {
      const module = await this.#module;
      const spec = await hand.bridge.call({ type: "start", module, ...this.#start });
      hand.started = true;
      if (this.#backbone) await this.#equip(hand);
      hand.room = AT_ONCE;
      this.#dispatch();
      return spec;
    } catch (error) {
      this.#dismiss(hand, error);
      throw error;
    }
  }

  /** @param {Hand} hand */
  #equip(hand) {
    const backbone = /** @type {Backbone} */ (this.#backbone);
    hand.equipped ??= hand.bridge.call({ type: "loadBackbone", ...backbone });
    hand.equipped.catch((error) => this.#dismiss(hand, error));
    return hand.equipped;
  }

  #dispatch() {
    this.#queue = this.#queue.filter((job) => {
      if (job.signal?.aborted) job.reject(new Failure("aborted", "Stopped."));
      return !job.signal?.aborted;
    });
    for (let hand = this.#freest(); hand && this.#queue.length > 0 && hand.room >= needed(this.#queue[0]); hand = this.#freest()) {
      this.#work(hand, /** @type {Job} */ (this.#queue.shift()));
    }
    if (this.#hands.size === 0) this.#failAll(new Failure("worker-failed", "No background worker of headstart is left. Reload the page; your files are untouched."));
  }

  /** The worker with the least to do. @returns {Hand | undefined} */
  #freest() {
    const free = [...this.#hands].filter(({ room }) => room > 0);
    return free.reduce((/** @type {Hand | undefined} */ best, hand) => (best && best.room >= hand.room ? best : hand), undefined);
  }

  /** @param {Hand} hand @param {Job} job */
  async #work(hand, job) {
    hand.room -= needed(job);
    try {
      await hand.equipped;
    } catch {
      this.#queue.unshift(job); // #equip has dismissed this worker; the job goes to another
      this.#dispatch();
      return;
    }
    try {
      job.resolve(await hand.bridge.call(job.command, { transfer: buffersOf(job.command) }));
    } catch (error) {
      this.#fail(hand, job, /** @type {Failure} */ (error));
    }
    hand.room += needed(job);
    this.#dispatch();
  }

  /** @param {Hand} hand @param {Job} job @param {Failure} failure */
  #fail(hand, job, failure) {
    // Its other command has brought this worker down.
    if (!this.#hands.has(hand) && !this.#isClosed) {
      this.#queue.unshift(job);
      return;
    }
    const trapped = failure.code === "crashed" || failure.code === "worker-failed";
    if (trapped) this.#replace(hand);
    job.reject(trapped ? crashOf(job.command) : failure);
  }

  /** @param {Hand} hand */
  #replace(hand) {
    const hired = this.#hire(); // before the old one goes, so that the crew is never empty on the way
    hired.catch(() => {});
    this.#dismiss(hand, undefined);
  }

  /** @param {Hand} hand @param {unknown} error */
  #dismiss(hand, error) {
    hand.bridge.close();
    this.#hands.delete(hand);
    if (this.#hands.size === 0) this.#failAll(error);
  }

  /** @param {unknown} error */
  #failAll(error) {
    for (const job of this.#queue.splice(0)) job.reject(error);
  }
}

/** The first that succeeds; the first error if none does.
 * @template T
 * @param {Promise<T>[]} promises
 * @returns {Promise<T>}
 */
const first = (promises) => Promise.any(promises).catch(({ errors }) => Promise.reject(errors[0]));

/** How many of a worker's places a command takes. What hands its pixels over could not be given to another worker: it is alone.
 * @param {Job} job
 */
const needed = ({ command }) => (command.type === "prepare" ? 1 : AT_ONCE);

/** @param {PoolCommand} command */
const buffersOf = (command) => (command.type === "features" || command.type === "labTask" ? [command.pixels.buffer] : []);

/** @param {PoolCommand} command */
function crashOf(command) {
  return command.type === "prepare" || command.type === "views" || command.type === "featureMap"
    ? failureFrom(undefined, "reading", command.name)
    : failureFrom(undefined, "computing features");
}
