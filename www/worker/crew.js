// The crew: N pool workers and one queue. A worker has one command at a time. One that traps or dies is replaced, and only
// the file that it had is lost; if none can be started, every waiting command fails with the reason.
import { Bridge } from "../shared/bridge.js";
import { Failure, failureFrom } from "../shared/failure.js";
import { compilePool } from "./wasm.js";

/** @typedef {import("../shared/protocol.js").PoolCommand} PoolCommand */
/** @typedef {import("../shared/protocol.js").PoolResults} PoolResults */
/** @typedef {import("../shared/protocol.js").Simd} Simd */
/** @typedef {import("../shared/protocol.js").Spec} Spec */
/** @typedef {{name: string, weights: Blob}} Backbone */
/** @typedef {{bridge: Bridge<PoolCommand, PoolResults, never, never>, started: boolean, equipped?: Promise<void>}} Hand */
/** @typedef {{command: PoolCommand, signal?: AbortSignal, resolve: (value: any) => void, reject: (error: unknown) => void}} Job
 * `any`: `run` states the type of each command's value.
 */

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
  /** @type {Hand[]} */
  #idle = [];
  /** @type {Job[]} */
  #queue = [];

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

  /** Ends all workers; what waits fails. */
  close() {
    for (const hand of [...this.#hands]) this.#dismiss(hand, new Failure("closed", "This backbone is no longer in use."));
  }

  async #hire() {
    const worker = new Worker(new URL("./pool.js", import.meta.url), { type: "module" });
    /** @type {Hand} */
    const hand = { bridge: new Bridge(worker), started: false };
    this.#hands.add(hand);
    try {
      const module = await this.#module;
      const spec = await hand.bridge.call({ type: "start", module, ...this.#start });
      hand.started = true;
      if (this.#backbone) await this.#equip(hand);
      this.#idle.push(hand);
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
    while (this.#idle.length > 0 && this.#queue.length > 0) {
      const hand = /** @type {Hand} */ (this.#idle.shift());
      const job = /** @type {Job} */ (this.#queue.shift());
      if (this.#hands.has(hand)) this.#work(hand, job);
      else this.#queue.unshift(job);
    }
    if (this.#hands.size === 0) this.#failAll(new Failure("worker-failed", "No background worker of headstart is left. Reload the page; your files are untouched."));
  }

  /** @param {Hand} hand @param {Job} job */
  async #work(hand, job) {
    try {
      await hand.equipped;
    } catch {
      this.#queue.unshift(job); // #equip has dismissed this worker; the job goes to another
      return this.#dispatch();
    }
    try {
      job.resolve(await hand.bridge.call(job.command, { transfer: buffersOf(job.command) }));
      this.#idle.push(hand);
    } catch (error) {
      const { code } = /** @type {Failure} */ (error);
      const trapped = code === "crashed" || code === "worker-failed";
      if (trapped) this.#replace(hand);
      else this.#idle.push(hand);
      job.reject(trapped ? crashOf(job.command) : error);
    }
    this.#dispatch();
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
    this.#idle = this.#idle.filter((other) => other !== hand);
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

/** @param {PoolCommand} command */
const buffersOf = (command) => (command.type === "features" || command.type === "labTask" ? [command.pixels.buffer] : []);

/** @param {PoolCommand} command */
function crashOf(command) {
  return command.type === "prepare"
    ? failureFrom(undefined, "reading", command.name)
    : failureFrom(undefined, "computing features");
}
