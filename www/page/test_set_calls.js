// The public API's calls about the untouched test set.

/** @typedef {import("../shared/test_set.js").TestSet} State */

export class TestSet {
  /** @type {import("./trainer.js").EngineBridge} */
  #bridge;

  /** `trainer.testSet` is one. @param {import("./trainer.js").EngineBridge} bridge */
  constructor(bridge) {
    this.#bridge = bridge;
  }

  /** What is set aside, and what it said once it was opened. @returns {Promise<State>} */
  state() {
    return this.#bridge.call({ type: "testSet" });
  }

  /** Sets this share of the images aside, 0 to 0.5; 0 gives them back. Near-duplicates stay together, and images that come later
   * move none. What is set aside is not trained or validated on, nor in folds, review, learning curve or calibration.
   * @param {number} share @returns {Promise<State>}
   */
  setAside(share) {
    return this.#bridge.call({ type: "setTestShare", share });
  }

  /** Judges the trained head on what is set aside. Once: then the result is kept with the project, and marked as used by each
   * training that follows. Rejects with no-test-set, test-set-opened, no-model, or test-set-seen where the head was trained
   * before they were set aside.
   * @returns {Promise<State>}
   */
  open() {
    return this.#bridge.call({ type: "openTestSet", atMillis: Date.now() });
  }
}
