// The engine's choices of what is seen of each picture. They are texts here.

/** @typedef {import("../pkg/engine.js").Engine} Engine */
/** @typedef {import("../shared/image_fit.js").ToldFits} ToldFits */
/** `ids`, else the class, else the project. @typedef {{label?: string, ids?: number[]}} Whose */
/** As the engine gives an image. @typedef {{id: number, name: string, label: string, sha256: string, looksLike?: number | null, fit: string}} Item */

export class ProjectFits {
  #call;
  #onRefit;

  /** @param {import("./project_views.js").CallEngine} call @param {(id: number, fit: string, features: Float32Array) => void} onRefit */
  constructor(call, onRefit) {
    this.#call = call;
    this.#onRefit = onRefit;
  }

  /** What images take when they come. @returns {Promise<ToldFits>} */
  all() {
    return this.#call("choosing what is seen", (engine) => {
      const { project, classes } = engine.fits(); // a Map, as wasm gives one
      return { project, classes: Object.fromEntries(classes) };
    });
  }

  /** Of a picture to be classified. @returns {Promise<string>} */
  ofPrediction() {
    return this.#call("choosing what is seen", (engine) => engine.predictionFit());
  }

  /** Images whose rows another fit asks for. @param {string} fit @param {Whose} whose @returns {Promise<Item[]>} */
  changing(fit, { label, ids }) {
    return this.#call("choosing what is seen", (engine) => {
      const wanted = new Set(engine.toRefit(fit, label, ids && Uint32Array.from(ids)));
      return /** @type {Item[]} */ (engine.items()).filter(({ id }) => wanted.has(id));
    });
  }

  /** Gives an image the row of another fit. @param {number} id @param {string} fit @param {Float32Array} features @returns {Promise<void>} */
  refit(id, fit, features) {
    return this.#call("changing what is seen", (engine) => {
      engine.refit(id, fit, features);
      this.#onRefit(id, fit, features);
    });
  }

  /** What images take from now on. @param {ToldFits} fits */
  async take({ project, classes }) {
    await this.#call("choosing what is seen", (engine) => {
      engine.setFit(project);
      for (const [label, fit] of Object.entries(classes)) engine.setFit(fit, label);
    });
  }
}
