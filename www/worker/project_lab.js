// The engine's lab.

/** @typedef {import("../pkg/engine.js").BatchNormLab} BatchNormLab */
/** @typedef {import("../shared/lab.js").Inside} Inside */
/** @typedef {import("../shared/lab.js").LabEpoch} LabEpoch */
/** @typedef {import("../shared/lab.js").LabResult} LabResult */

export class ProjectLab {
  #lab;
  #guard;
  #isAugmented;

  /** `guard`: fails a call whose engine trapped. @param {BatchNormLab} lab
   * @param {<T>(promise: Promise<T>) => Promise<T>} guard @param {boolean} isAugmented
   */
  constructor(lab, guard, isAugmented) {
    this.#isAugmented = isAugmented;
    this.#lab = lab;
    this.#guard = guard;
  }

  /** @returns {{images: number[], isBatch: boolean}[]} what to compute now */
  tasks() {
    return this.#lab.tasks();
  }

  /** By which a task is computed; undefined for a batch. @param {number} task */
  statistics(task) {
    return this.#lab.statistics(task);
  }

  /** Other views of a task's pictures, where the lab augments. @param {number} task @param {Uint8Array<ArrayBuffer>} pixels */
  viewed(task, pixels) {
    return this.#isAugmented ? /** @type {Uint8Array<ArrayBuffer>} */ (this.#lab.viewed(task, pixels)) : pixels;
  }

  /** @param {number} task @param {Float32Array} result */
  give(task, result) {
    this.#lab.give(task, result);
  }

  /** @returns {Promise<{ended: LabEpoch[], isOver: boolean}>} */
  advance() {
    return this.#guard(this.#lab.advance());
  }

  /** @returns {Inside | undefined} */
  inside() {
    return this.#lab.inside();
  }

  /** @returns {Omit<LabResult, "stopped">} */
  result() {
    return this.#lab.result();
  }

  /** What the engine needs to take its head over. */
  get inner() {
    return this.#lab;
  }

  free() {
    this.#lab.free();
  }
}
