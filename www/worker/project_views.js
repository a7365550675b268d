// The engine's bank: feature rows of other views of the training images.

/** @typedef {import("../pkg/engine.js").Engine} Engine */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** `has`: how many there are already. @typedef {{id: number, sha256: string, has: number}} MissingViews */
/** @typedef {<T>(doing: string, work: (engine: Engine) => T | Promise<T>) => Promise<T>} CallEngine */

export class ProjectViews {
  #call;
  /** What a fresh engine needs; on the CPU there is nothing to move away from. @type {{options: FitOptions, id: number, rows: Float32Array}[] | null} */
  #journal;

  /** @param {CallEngine} call @param {boolean} isKept an engine may have to be replaced */
  constructor(call, isKept) {
    this.#call = call;
    this.#journal = isKept ? [] : null;
  }

  /** Images whose views by `options` are missing. @param {FitOptions} options @param {boolean} ofAll validation images too
   * @returns {Promise<MissingViews[]>}
   */
  missing(options, ofAll) {
    return this.#call("looking for views", (engine) => engine.missingViews(options, ofAll));
  }

  /** Keeps rows of more views of an image. @param {FitOptions} options @param {number} id @param {Float32Array} rows */
  add(options, id, rows) {
    return this.#call("keeping views", (engine) => {
      engine.addViews(options, id, rows);
      this.#journal?.push({ options, id, rows });
    });
  }

  /** Of what was seen of an image before. @param {number} id */
  forget(id) {
    this.#journal = this.#journal?.filter((kept) => kept.id !== id) ?? null;
  }

  /** Rows by image, for those that have them. @param {FitOptions} options @returns {Promise<[number, Float32Array][]>} */
  all(options) {
    return this.#call("copying views", (engine) => {
      /** @type {{id: number}[]} */
      const images = engine.items();
      const rows = images.map(({ id }) => /** @type {[number, Float32Array]} */ ([id, engine.views(options, id)]));
      return rows.filter(([, views]) => views.length > 0);
    });
  }

  /** Tells a fresh engine, which has the images by now. @param {Engine} engine */
  replay(engine) {
    const journal = this.#journal ?? [];
    this.#journal = null;
    for (const { options, id, rows } of journal) engine.addViews(options, id, rows);
  }
}
