// wasm must not be entered twice for one thing: what is asked meanwhile waits its turn, whatever becomes of the one before.

/** Runs one piece of work after the other. */
export class Lane {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  run(work) {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
