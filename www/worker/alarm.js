// Some failures reject no promise: a trap inside an async wasm call, a lost GPU device. The alarm fails the calls that wait.

/** Failures of the machinery; every other one is about what the person gave. */
const BROKEN = new Set(["crashed", "no-device", "device-lost"]);

/** @param {import("../shared/failure.js").Failure} failure */
export const isBroken = ({ code }) => BROKEN.has(code);

/** Calls under guard fail when the alarm rings. */
export class Alarm {
  /** @type {Set<(error: unknown) => void>} */
  #waiting = new Set();

  /** The promise, or the alarm's error if that comes first.
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  guard(promise) {
    // Not Promise.race against one long-lived promise: that would keep every result alive.
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      promise.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  /** Fails every guarded call. @param {unknown} error */
  ring(error) {
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }
}

/** Calls `onTrap` for traps that reach nobody else. The event is used up, so the page's worker does not count as dead.
 * @param {(error: unknown) => void} onTrap
 */
export function listenForTraps(onTrap) {
  self.addEventListener("error", (event) => {
    if (!(event.error instanceof WebAssembly.RuntimeError)) return;
    event.preventDefault();
    onTrap(event.error);
  });
  self.addEventListener("unhandledrejection", (event) => {
    if (!(event.reason instanceof WebAssembly.RuntimeError)) return;
    event.preventDefault();
    onTrap(event.reason);
  });
}
