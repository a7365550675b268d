// The wasm engine, kept alive. When WebGPU fails, at the start or later, a fresh engine on the CPU takes over and the call
// that failed is made again there.
import { Failure, failureFrom } from "../shared/failure.js";
import { Alarm, isBroken, listenForTraps } from "./alarm.js";
import { listenForLoss } from "./device.js";
import { Pieces } from "./pieces.js";
import { warmUp } from "./tiles.js";
import { loadEngine } from "./wasm.js";

/** @typedef {import("../pkg/engine.js").Engine} Engine */
/** @typedef {import("../shared/protocol.js").Device} Device */
/** @typedef {import("../shared/protocol.js").Tiles} Tiles */
/** `files`: brought by the person. `onMove`: WebGPU failed, the CPU takes over. `adapter`: tells adapters apart. `tiles`: forces them.
 * @typedef {{
 *   backbone: string,
 *   sha256?: string,
 *   files?: import("../shared/protocol.js").WeightsFile[],
 *   weights: Promise<Blob>,
 *   onMove: (failure: Failure) => void,
 *   adapter?: string,
 *   tiles?: Tiles,
 * }} Options
 */

/** By the name of its module, where the browser tells it. @param {unknown} trap */
const isOfWebgpu = (trap) => /\/engine_bg\.wasm/.test(String(Object(trap).stack));

export class LivingEngine {
  /** @type {Device} */
  device;
  /** On WebGPU, once it is open. @type {Tiles | undefined} */
  tiles;
  /** Of the head that came with the weights. @type {string[] | undefined} */
  classes;
  /** @type {Promise<Engine>} */
  #engine;
  /** @type {Options & {onOpen: (engine: Engine, device: Device) => void}} */
  #options;
  /** Of the engine there is: those that still wait for the one before are told when it is left. */
  #alarm = new Alarm();

  /** `onOpen`: gets each engine before anyone asks it. @param {Device} device @param {Options & {onOpen: (engine: Engine, device: Device) => void}} options */
  constructor(device, options) {
    this.device = device;
    this.#options = options;
    // An engine that was left can trap again and again, as its driver reports more errors.
    listenForTraps((error) => this.device === "cpu" && isOfWebgpu(error) ? undefined : this.#alarm.ring(error));
    listenForLoss((reason) => this.#lose(new Failure("device-lost", reason)));
    this.#engine = this.#open(device);
    this.#engine.catch(() => {}); // whoever calls it is told
  }

  /** @template T
   * @param {string} doing @param {(engine: Engine, isCurrent: () => boolean) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  async ask(doing, work) {
    const [opening, alarm] = [this.#engine, this.#alarm];
    const isCurrent = () => this.#engine === opening;
    try {
      const engine = await alarm.guard(opening);
      return await alarm.guard(Promise.resolve(work(engine, isCurrent)));
    } catch (error) {
      const failure = failureFrom(error, doing);
      if (!isBroken(failure)) throw failure;
      if (isCurrent()) this.#leave(failure);
      return this.ask(doing, work);
    }
  }

  /** Fails when the engine does. @template T @param {Promise<T>} promise */
  guard(promise) {
    return this.#alarm.guard(promise);
  }

  /** @param {Device} device @returns {Promise<Engine>} */
  async #open(device) {
    const { backbone, sha256, weights, files, onOpen } = this.#options;
    const module = await loadEngine(device);
    const engine = await module.Engine.open(device);
    if (device === "webgpu") {
      this.tiles = await warmUp(engine, this.#options);
      await engine.loadBackboneFrom(backbone, new Pieces(backbone, await weights));
    }
    engine.setBackbone(backbone, sha256);
    if (files) this.classes = engine.openBroughtHead(files.map(({ name, file }) => new Pieces(name, file)));
    onOpen(engine, device);
    return engine;
  }

  /** Gives up the engine that failed: the CPU takes over, or on the CPU every call tells the failure.
   * @param {Failure} failure
   */
  #leave(failure) {
    if (this.device === "cpu") throw this.#retire(failure);
    this.device = "cpu";
    this.#engine = this.#open("cpu");
    this.#engine.catch(() => {});
    const left = this.#alarm;
    this.#alarm = new Alarm();
    this.#options.onMove(failure);
    left.ring(failure);
  }

  /** A device can be lost while nobody waits for it, and calls on it may never end: so leave at once.
   * @param {Failure} failure
   */
  #lose(failure) {
    if (this.device === "webgpu") this.#leave(failure);
  }

  /** @param {Failure} failure */
  #retire(failure) {
    this.#engine = Promise.reject(failure);
    this.#engine.catch(() => {});
    return failure;
  }
}
