// What a fresh engine needs to go on: the images in their order with their rows, and the last training.

/** @typedef {import("../pkg/engine.js").Engine} Engine */
/** `fingerprint`: null where the image was kept before there were any.
 * @typedef {{name: string, label: string, sha256: string, fingerprint: string | null, looksLike?: number | null, fit?: string, features: Float32Array}} Row
 */
/** What `Engine.restore` needs. @typedef {{saved: string, head?: Uint8Array}} Trained */

export class Journal {
  /** @type {Map<number, Row>} */
  #rows = new Map();
  /** @type {Trained | undefined} */
  trained;

  /** @param {number} id @param {Row} row */
  note(id, row) {
    this.#rows.set(id, row);
  }

  /** @param {number} id */
  forget(id) {
    this.#rows.delete(id);
  }

  /** @param {number} id @param {string} label */
  relabel(id, label) {
    const row = this.#rows.get(id);
    if (row) row.label = label;
  }

  /** @param {number} id @param {string} fit @param {Float32Array} features */
  refit(id, fit, features) {
    const row = this.#rows.get(id);
    if (row) Object.assign(row, { fit, features });
  }

  /** @param {string} from @param {string} to */
  renameClass(from, to) {
    for (const row of this.#rows.values()) if (row.label === from) row.label = to;
  }

  /** @param {Engine} engine that knows nothing yet */
  replay(engine) {
    if (this.trained) engine.restore(this.trained.saved, this.trained.head); // before the images, whose groups it knows
    for (const [id, row] of this.#rows) enter(engine, row, id, false);
  }
}

/** Gives the id of the image that it looks like. @param {Engine} engine @param {Row} row @param {number} id @param {boolean} isNew */
export function enter(engine, { name, label, sha256, fingerprint, looksLike, fit, features }, id, isNew) {
  const record = { id, name, label, sha256, fingerprint, looksLike, ...(fit && { fit }) };
  return isNew ? engine.addImage(record, features) : engine.restoreImage(record, features);
}

/** @param {Engine} engine @returns {Trained} */
export const trainedOf = (engine) => ({ saved: engine.saved(), head: engine.headFile() });
