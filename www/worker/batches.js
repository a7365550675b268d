// Pictures for WebGPU, in batches: whatever waits when a place is free, so that nobody waits for a batch to fill. Two are
// under way, so that one is uploaded and the other read back while the adapter computes.

import { joined } from "./joined.js";

const UNDER_WAY = 2;

/** @typedef {{pixels: Uint8Array, resolve: (features: Float32Array | undefined) => void, reject: (error: unknown) => void}} Waiting */

export class Batches {
  /** By memory and the adapter's limits. */
  mostImages = 1;
  /** @type {(pixels: Uint8Array) => Promise<Float32Array | undefined>} */
  #compute;
  /** @type {Waiting[]} */
  #waiting = [];
  #running = 0;

  /** @param {(pixels: Uint8Array) => Promise<Float32Array | undefined>} compute `u8 [n, 224, 224, 3]` → `f32 [n, 1280]` */
  constructor(compute) {
    this.#compute = compute;
  }

  /** How many images keep it busy. */
  get room() {
    return UNDER_WAY * this.mostImages;
  }

  /** The features of one picture; undefined where `compute` gave none.
   * @param {Uint8Array} pixels
   * @returns {Promise<Float32Array | undefined>}
   */
  add(pixels) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pixels, resolve, reject });
      this.#start();
    });
  }

  #start() {
    while (this.#running < UNDER_WAY && this.#waiting.length > 0) this.#run(this.#waiting.splice(0, this.mostImages));
  }

  /** @param {Waiting[]} batch */
  async #run(batch) {
    this.#running++;
    try {
      const rows = await this.#compute(batch.length === 1 ? batch[0].pixels : joined(batch.map(({ pixels }) => pixels)));
      const width = (rows?.length ?? 0) / batch.length;
      batch.forEach(({ resolve }, i) => resolve(rows?.slice(i * width, (i + 1) * width)));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#running--;
      this.#start();
    }
  }
}
