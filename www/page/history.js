// What was done and can be undone, and what was undone and can be done again. Knows nothing of images.

import { words } from "./language.js";
import { fill } from "./words.js";

/** `undo` and `redo` give false where they failed and have said so. @typedef {{words: string, undo: () => Promise<boolean>, redo: () => Promise<boolean>}} Edit */

/** Edits that are remembered. */
const MOST = 200;

export class History {
  /** @type {Edit[]} */
  #done = [];
  /** @type {Edit[]} */
  #undone = [];
  #isBusy = false;
  /** What happened last, in words. */
  last = "";

  /** @returns {string | undefined} what `undo` would take back */
  get undoes() {
    return this.#done.at(-1)?.words;
  }

  /** @returns {string | undefined} what `redo` would do again */
  get redoes() {
    return this.#undone.at(-1)?.words;
  }

  /** Does it, and remembers it where it was done. @param {Edit} edit */
  perform(edit) {
    return this.#run(edit.redo, () => {
      this.#done = [...this.#done, edit].slice(-MOST);
      this.#undone = [];
      this.last = fill(words.history.done, { what: edit.words });
    });
  }

  async undo() {
    const edit = this.#done.at(-1);
    if (edit) await this.#run(edit.undo, () => {
      this.#done.pop();
      this.#undone.push(edit);
      this.last = fill(words.history.undone, { what: edit.words });
    });
  }

  async redo() {
    const edit = this.#undone.at(-1);
    if (edit) await this.#run(edit.redo, () => {
      this.#undone.pop();
      this.#done.push(edit);
      this.last = fill(words.history.redone, { what: edit.words });
    });
  }

  /** For another set of images. */
  clear() {
    [this.#done, this.#undone, this.last] = [[], [], ""];
  }

  /** One at a time. @param {() => Promise<boolean>} work @param {() => void} remember */
  async #run(work, remember) {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      if (await work()) remember();
    } finally {
      this.#isBusy = false;
    }
  }
}
