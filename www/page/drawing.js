// Draws the page part after part, in stretches: what a whole report takes to draw would else be one stretch in which the page answers
// nobody. A round is always ended before the next begins, so that parts that take long can't keep the later ones from their turn.

/** Whether a part would draw what it drew the last time. @param {unknown[]} now @param {unknown[]} before */
export const isSame = (now, before) => now.length === before.length && now.every((one, at) => one === before[at]);

/** @template State */
export class Drawing {
  /** @type {State} */
  #state;
  /** In the order of the page; each skips what has not changed. One that gives true has more to draw, and is called again.
   * @type {((state: State) => boolean | void)[]} */
  #parts = [];
  /** The part that is next in this round. */
  #at = 0;
  #isAsked = false;

  /** @param {State} state */
  constructor(state) {
    this.#state = state;
  }

  /** @param {((state: State) => boolean | void)[]} parts */
  begin(parts) {
    this.#parts = parts;
    this.#at = parts.length;
  }

  /** Everything is to be drawn as it is now, after what is being drawn. */
  ask() {
    this.#isAsked = true;
  }

  /** Draws until all is drawn, or so many milliseconds are over. @param {number} most @returns {boolean} whether all is drawn */
  go(most) {
    const end = performance.now() + most;
    while (this.#at < this.#parts.length || this.#isAsked) {
      if (this.#at < this.#parts.length) this.#at += this.#parts[this.#at](this.#state) ? 0 : 1;
      else [this.#at, this.#isAsked] = [0, false];
      if (performance.now() >= end) break;
    }
    return this.#at === this.#parts.length && !this.#isAsked;
  }
}
