// What there is to see of images beyond their class, as `trainer.insight`. Computed on this device like all else; nothing of the
// project changes.
import { nameOf } from "./sources.js";

/** @import { FeatureMap, HeatMaps, MapMethod, Neighbour, Picture } from "../shared/insight.js" */
/** @typedef {import("./trainer.js").EngineBridge} EngineBridge */

export class Insight {
  /** @type {EngineBridge} */
  #bridge;

  /** @param {EngineBridge} bridge */
  constructor(bridge) {
    this.#bridge = bridge;
  }

  /** The images on a plane, by their features: `pca` at once, `umap` in seconds. `seed` decides which `most` images are shown
   * where there are more, and the layout of `umap`. Rejects with too-few-images, or with an AbortError on `signal`.
   * @param {{method?: MapMethod, most?: number, seed?: number, signal?: AbortSignal, onShare?: (done: number) => void}} [options] @returns {Promise<FeatureMap>}
   */
  map({ method = "pca", most = 2000, seed = 1, signal, onShare } = {}) {
    const onEvent = (/** @type {import("../shared/protocol.js").EngineEvent} */ event) => event.type === "share" && onShare?.(event.done);
    return this.#bridge.call({ type: "map", method, most, seed }, { signal, onEvent });
  }

  /** The images that are most like one of the trainer's (by its id), or like a file: then only those that the head learned
   * from, once there is one. The nearest comes first. Rejects with unknown-image.
   * @param {number | Blob} image @param {{count?: number, signal?: AbortSignal}} [options] @returns {Promise<Neighbour[]>}
   */
  neighbours(image, { count = 6, signal } = {}) {
    return this.#bridge.call({ type: "neighbours", picture: pictureFrom(image), count }, { signal });
  }

  /** Where in an image the answer comes from (class activation maps), for the `most` most probable classes and for `label`.
   * Rejects with no-model, or unknown-image.
   * @param {number | Blob} image @param {{most?: number, label?: string, signal?: AbortSignal}} [options] @returns {Promise<HeatMaps>}
   */
  heatMaps(image, { most = 8, label, signal } = {}) {
    return this.#bridge.call({ type: "heatMaps", picture: pictureFrom(image), most, label }, { signal });
  }
}

/** @param {number | Blob} image @returns {Picture} */
const pictureFrom = (image) => (typeof image === "number" ? { id: image } : { name: nameOf(image), file: image });
