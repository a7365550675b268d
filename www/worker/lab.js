// The BatchNorm lab: the engine says which images to run through the backbone and by which statistics, the crew does it,
// and the engine trains on what comes back. Pixels are kept up to a limit; beyond it files are read again.
import { Failure, failureFrom } from "../shared/failure.js";
import { isBroken } from "./alarm.js";
import { joined } from "./joined.js";
import { needFiles } from "./needed_files.js";
import { nextTask } from "./training.js";

/** @typedef {import("../shared/lab.js").LabEvent} LabEvent */
/** @typedef {import("../shared/lab.js").LabOptions} LabOptions */
/** @typedef {import("../shared/lab.js").LabResult} LabResult */
/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */
/** @typedef {import("./project_lab.js").ProjectLab} ProjectLab */
/** @typedef {import("./session.js").Session} Session */

/** Of pixels kept, in bytes: some 1,300 images of 224 × 224. */
const PIXELS_KEPT = 192 * 1024 * 1024;
/** What a batch may take in all workers together: 64 images of EfficientNet-Lite0 are some 140 MB each. */
const BATCHES_AT_ONCE = 4;

/** @param {Session} session @param {LabOptions} options @param {Call} call @returns {Promise<LabResult>} */
export async function runLab(session, options, { signal, emit }) {
  await needFiles(session);
  const weights = await session.weights;
  const stored = await session.crew.run({ type: "openLab", weights });
  const lab = await session.project.startLab(options, stored);
  const pixels = new Pixels(session, signal);
  const backbone = await LabBackbone.open(session, weights);
  const tell = (/** @type {LabEvent} */ event) => emit({ type: "lab", event });
  try {
    let hasInside = false;
    for (let isOver = false; !isOver && !signal.aborted; ) {
      await compute(lab, pixels, backbone, { signal, tell });
      const { ended, isOver: is } = await lab.advance();
      isOver = is;
      /** @type {import("../shared/lab.js").Inside | undefined} */
      const inside = hasInside ? undefined : lab.inside();
      if (inside) tell({ type: "inside", inside });
      hasInside ||= inside !== undefined;
      for (const epoch of ended) tell({ type: "epoch", ...epoch });
      await nextTask();
    }
    return { ...lab.result(), stopped: signal.aborted };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { ...lab.result(), stopped: true };
  } finally {
    lab.free();
  }
}

/** All tasks of this step, some at a time.
 * @param {ProjectLab} lab @param {Pixels} pixels @param {LabBackbone} backbone
 * @param {{signal: AbortSignal, tell: (event: LabEvent) => void}} call
 */
export async function compute(lab, pixels, backbone, { signal, tell }) {
  const tasks = lab.tasks();
  const total = tasks.reduce((sum, { images }) => sum + images.length, 0);
  let [next, done] = [0, 0];
  const work = async () => {
    while (next < tasks.length) {
      const at = next++;
      const { images } = tasks[at];
      const result = await backbone.compute(lab.viewed(at, await pixels.of(images)), lab.statistics(at), signal);
      signal.throwIfAborted();
      lab.give(at, result);
      done += images.length;
      tell({ type: "progress", done, total });
    }
  };
  await Promise.all(Array.from({ length: backbone.atOnce }, work));
}

/** The backbone on WebGPU, or on the crew where there is none or it fails. */
export class LabBackbone {
  #session;
  #weights;
  #gpu;

  /** @param {Session} session @param {Blob} weights */
  static async open(session, weights) {
    return new LabBackbone(session, weights, await session.project.openLabOnGpu(weights));
  }

  /** @param {Session} session @param {Blob} weights @param {Awaited<ReturnType<Session["project"]["openLabOnGpu"]>>} gpu */
  constructor(session, weights, gpu) {
    this.#session = session;
    this.#weights = weights;
    this.#gpu = gpu;
  }

  /** Tasks at a time. */
  get atOnce() {
    return this.#gpu ? 1 : Math.min(this.#session.crew.size, BATCHES_AT_ONCE);
  }

  /** @param {Uint8Array} pixels @param {Float32Array | undefined} statistics @param {AbortSignal} signal */
  async compute(pixels, statistics, signal) {
    if (this.#gpu) {
      try {
        return await this.#gpu.compute(pixels, statistics);
      } catch (error) {
        if (!isBroken(failureFrom(error, "training"))) throw error;
        this.#gpu = undefined; // the session tells of it when it next needs WebGPU
      }
    }
    return this.#session.crew.run({ type: "labTask", weights: this.#weights, pixels, statistics }, signal);
  }
}

/** The pixels of images, from memory or from their files. */
export class Pixels {
  /** @type {Map<number, Uint8Array>} */
  #kept = new Map();
  #bytes = 0;
  #session;
  #signal;

  /** @param {Session} session @param {AbortSignal} signal */
  constructor(session, signal) {
    this.#session = session;
    this.#signal = signal;
  }

  /** One after the other, `u8 [n, height, width, 3]`. @param {number[]} ids @returns {Promise<Uint8Array<ArrayBuffer>>} */
  async of(ids) {
    return joined(await Promise.all(ids.map((id) => this.#ofImage(id))));
  }

  /** @param {number} id @returns {Promise<Uint8Array>} */
  async #ofImage(id) {
    const kept = this.#kept.get(id);
    if (kept) return kept;
    const source = await this.#session.project.sourceOf(id);
    if (!source) throw new Failure("unreadable", "An image's file is no longer at hand. Add the images again.");
    const { pixels } = await this.#session.crew.run({ type: "prepare", ...source, result: "pixels" }, this.#signal);
    const found = /** @type {Uint8Array} */ (pixels);
    if (this.#bytes + found.length <= PIXELS_KEPT) {
      this.#bytes += found.length;
      this.#kept.set(id, found);
    }
    return found;
  }
}
