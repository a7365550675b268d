// How fast a pile of images gets smaller, and how long the rest will take.

/** `secondsLeft` is Infinity until the first image is done.
 * @typedef {{
 *   done: number,
 *   total: number,
 *   accepted: number,
 *   rejected: number,
 *   imagesPerSecond: number,
 *   secondsLeft: number,
 * }} Progress
 */

/** The pace is that of the last seconds: the first images wait for wasm to warm up, and large files come in runs. */
const WINDOW_MS = 8000;

export class Pace {
  #total;
  /** @type {{at: number, done: number}[]} */
  #marks = [];

  /** @param {number} total */
  constructor(total) {
    this.#total = total;
  }

  /** @param {number} accepted @param {number} rejected @returns {Progress} */
  progress(accepted, rejected) {
    const done = accepted + rejected;
    const imagesPerSecond = this.#rate(done, performance.now());
    const secondsLeft = done < this.#total ? (this.#total - done) / imagesPerSecond : 0;
    return { done, total: this.#total, accepted, rejected, imagesPerSecond, secondsLeft };
  }

  /** @param {number} done @param {number} now */
  #rate(done, now) {
    this.#marks.push({ at: now, done });
    while (this.#marks.length > 2 && this.#marks[1].at < now - WINDOW_MS) this.#marks.shift();
    const start = this.#marks[0];
    return now > start.at ? ((done - start.done) / (now - start.at)) * 1000 : 0;
  }
}
