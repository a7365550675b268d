// The engine's bank, whose images have the page's ids: feature rows of other views of the training images.

/** @typedef {import("../pkg/engine.js").Engine} Engine */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** `has`: how many there are already. @typedef {{id: number, sha256: string, has: number}} MissingViews */
/** @typedef {<T>(doing: string, work: (engine: Engine) => T | Promise<T>) => Promise<T>} CallEngine */

export class ProjectViews {
  #call;
  #pageIds;
  /** What a fresh engine needs; on the CPU there is nothing to move away from. @type {Map<number, {options: FitOptions, rows: Float32Array}[]> | null} */
  #journal;

  /** @param {CallEngine} call @param {Map<number, number>} pageIds by those of the engine @param {boolean} isKept an engine may have to be replaced */
  constructor(call, pageIds, isKept) {
    this.#call = call;
    this.#pageIds = pageIds;
    this.#journal = isKept ? new Map() : null;
  }

  /** Images whose views by `options` are missing. @param {FitOptions} options @param {boolean} ofAll validation images too */
  async missing(options, ofAll) {
    /** @type {MissingViews[]} */
    const missing = await this.#call("looking for views", (engine) => engine.missingViews(options, ofAll));
    return missing.map((image) => ({ ...image, id: this.#pageIds.get(image.id) ?? image.id }));
  }

  /** Keeps rows of more views of an image. @param {FitOptions} options @param {number} id @param {Float32Array} rows */
  add(options, id, rows) {
    return this.#call("keeping views", (engine) => {
      engine.addViews(options, this.#engineId(id), rows);
      if (this.#journal) this.#journal.set(id, [...(this.#journal.get(id) ?? []), { options, rows }]);
    });
  }

  /** Rows by image, in the engine's ids, for those that have them. @param {FitOptions} options @returns {Promise<[number, Float32Array][]>} */
  all(options) {
    return this.#call("copying views", (engine) => {
      const rows = [...this.#pageIds.keys()].map((id) => /** @type {[number, Float32Array]} */ ([id, engine.views(options, id)]));
      return rows.filter(([, views]) => views.length > 0);
    });
  }

  /** Tells a fresh engine. @param {Engine} engine */
  replay(engine) {
    const journal = this.#journal ?? new Map();
    this.#journal = null;
    for (const id of this.#pageIds.values()) {
      for (const { options, rows } of journal.get(id) ?? []) engine.addViews(options, this.#engineId(id), rows);
    }
  }

  /** Mostly the same: a fresh engine alone counts anew. @param {number} id */
  #engineId(id) {
    if (this.#pageIds.get(id) === id) return id;
    return [...this.#pageIds].find(([, pageId]) => pageId === id)?.[0] ?? id;
  }
}
