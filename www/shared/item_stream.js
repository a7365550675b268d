// Files on their way from the page to the engine, a portion at a time. To hand one over takes a third of a millisecond, in
// which the browser looks at it on the disk: ten thousand at once left the page without an answer for four seconds.

/** Some six milliseconds of the page's time. */
const PORTION = 16;

/** The port from which an ItemStream takes them; each portion goes when the one before has arrived.
 * @template T @param {T[]} items
 */
export function portOf(items) {
  const { port1, port2 } = new MessageChannel();
  let sent = 0;
  port1.onmessage = () => {
    const portion = items.slice(sent, sent + PORTION);
    sent += portion.length;
    port1.postMessage({ portion, isLast: sent === items.length });
    if (sent === items.length) port1.close();
  };
  return port2;
}

/** The other end: what `take` makes of each item as soon as it is here, in their order.
 * @template T, R
 */
export class ItemStream {
  /** All that has arrived. @type {R[]} */
  arrived = [];
  #isWhole = false;
  #onPortion = () => {};
  /** @type {MessagePort} */
  #port;

  /** @param {MessagePort} port @param {(item: T) => R} take */
  constructor(port, take) {
    this.#port = port;
    port.onmessage = (/** @type {MessageEvent<{portion: T[], isLast: boolean}>} */ { data: { portion, isLast } }) => {
      for (const item of portion) this.arrived.push(take(item));
      this.#isWhole = isLast;
      if (isLast) port.close();
      else port.postMessage("next");
      this.#onPortion();
    };
    port.postMessage("next");
  }

  /** Asks for no more. */
  close() {
    this.#port.close();
  }

  async *[Symbol.asyncIterator]() {
    for (let at = 0; at < this.arrived.length || !this.#isWhole; at++) {
      if (at === this.arrived.length) await new Promise((resolve) => { this.#onPortion = () => resolve(undefined); });
      if (at < this.arrived.length) yield /** @type {R} */ (this.arrived[at]);
    }
  }
}
