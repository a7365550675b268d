// One training run: between epochs it hears the page, waits while paused and ends when stopped.
import { Failure } from "../shared/failure.js";
import { Gate } from "./gate.js";

/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("../shared/protocol.js").Epoch} Epoch */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */
/** @typedef {import("./keeping.js").Keeping} Keeping */
/** @typedef {import("./project.js").Project} Project */

export class Training {
  #gate = new Gate();
  #running = false;

  get isRunning() {
    return this.#running;
  }

  /** @param {Project} project @param {Keeping | undefined} keeping @param {FitOptions} options @param {Call} call @param {() => Promise<void>} prepare what comes first */
  fit(project, keeping, options, { signal, emit }, prepare) {
    return this.alone(async () => {
      signal.addEventListener("abort", () => this.resume());
      await prepare().catch((error) => signal.aborted || Promise.reject(error));
      if (signal.aborted) return { bestEpoch: 0, stopped: true };
      const kept = await keeping?.startFit(options, (epoch) => emit({ type: "epoch", epoch }));
      const onEpoch = async (/** @type {Epoch} */ epoch) => {
        kept?.note(epoch);
        emit({ type: "epoch", epoch });
        await nextTask();
        await this.#gate.held;
        if (signal.aborted) return false;
        return kept?.isDue() ? "save" : true;
      };
      const fitted = await project.fit(options, onEpoch, (bytes, saved) => kept?.save(bytes, saved), kept?.checkpoint);
      kept?.end(await project.trained());
      return fitted;
    });
  }

  /** Does work that needs the project as it is: a training, the lab.
   * @template T @param {() => Promise<T>} work @returns {Promise<T>}
   */
  async alone(work) {
    if (this.#running) throw new Failure("busy", "Training is running already. Stop it first.");
    this.#running = true;
    try {
      return await work();
    } finally {
      this.#running = false;
      this.resume();
    }
  }

  /** While it is paused: resolves when it goes on. */
  get held() {
    return this.#gate.held;
  }

  /** Holds the run after the epoch that is under way. */
  pause() {
    if (this.#running) this.#gate.close();
  }

  /** Goes on with a run that was paused. */
  resume() {
    this.#gate.open();
  }
}

/** Lets the messages in that wait. Unlike setTimeout, a port is not held back 4 ms. @returns {Promise<void>} */
export function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
