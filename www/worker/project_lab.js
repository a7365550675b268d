// The engine's lab, whose images have the page's ids.

/** @typedef {import("../pkg/engine.js").BatchNormLab} BatchNormLab */
/** @typedef {import("../shared/lab.js").Inside} Inside */
/** @typedef {import("../shared/lab.js").LabEpoch} LabEpoch */
/** @typedef {import("../shared/lab.js").LabResult} LabResult */

export class ProjectLab {
  #lab;
  #pageIds;
  #guard;

  /** `guard`: fails a call whose engine trapped. @param {BatchNormLab} lab @param {Map<number, number>} pageIds by those of
   * the engine @param {<T>(promise: Promise<T>) => Promise<T>} guard
   */
  constructor(lab, pageIds, guard) {
    this.#lab = lab;
    this.#guard = guard;
    this.#pageIds = new Map(pageIds);
  }

  /** @returns {{images: number[], isBatch: boolean}[]} what to compute now */
  tasks() {
    /** @type {{images: number[], isBatch: boolean}[]} */
    const tasks = this.#lab.tasks();
    return tasks.map(({ images, isBatch }) => ({ images: this.#withPageIds(images), isBatch }));
  }

  /** By which a task is computed; undefined for a batch. @param {number} task */
  statistics(task) {
    return this.#lab.statistics(task);
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
    const inside = this.#lab.inside();
    return inside && this.#named(inside);
  }

  /** @returns {Omit<LabResult, "stopped">} */
  result() {
    const result = this.#lab.result();
    return { ...result, inside: this.#named(result.inside) };
  }

  free() {
    this.#lab.free();
  }

  /** @param {Inside} inside @returns {Inside} */
  #named({ layers, projection }) {
    return { layers, projection: { ...projection, images: this.#withPageIds(projection.images) } };
  }

  /** @param {number[]} ids */
  #withPageIds(ids) {
    return ids.map((id) => this.#pageIds.get(id) ?? id);
  }
}
