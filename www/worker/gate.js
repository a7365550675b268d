// Where work waits while it is paused.

export class Gate {
  /** Null while it is open. @type {{promise: Promise<void>, end: () => void} | null} */
  #closed = null;

  /** While it is closed: resolves when it opens. */
  get held() {
    return this.#closed?.promise;
  }

  close() {
    if (this.#closed) return;
    let end = () => {};
    const promise = /** @type {Promise<void>} */ (new Promise((resolve) => { end = resolve; }));
    this.#closed = { promise, end };
  }

  open() {
    this.#closed?.end();
    this.#closed = null;
  }
}
