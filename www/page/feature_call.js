// A call that takes in feature rows from files: tells how far they are checked, then each row as an image.

import { Pace } from "./pace.js";
import { nameOf } from "./sources.js";
import { imageFrom } from "./told_image.js";

/** @typedef {import("../shared/protocol.js").Image} Image */
/** @typedef {import("../shared/protocol.js").Rejected} Rejected */

/** `most`: rows, 20,000; of more a sample of each class is taken, by `seed` (1) and the images' hashes. `onBytes`: so many were checked.
 * @typedef {Omit<import("./trainer_options.js").AddOptions, "label"> & {most?: number, seed?: number, onBytes?: (done: number, total: number) => void}} FeatureOptions
 */

/** `rows`: chosen, of so many in the files; copies among them are in `rejected`.
 * @typedef {{accepted: Image[], rejected: Rejected[], rows: number, of: number}} FeaturesAdded
 */

/** @param {import("./trainer.js").EngineBridge} bridge @param {Iterable<File>} files @param {FeatureOptions} options @returns {Promise<FeaturesAdded>} */
export async function featureCall(bridge, files, { most = 20_000, seed = 1, onBytes, onProgress, onImage, signal }) {
  /** @type {Image[]} */
  const accepted = [];
  /** @type {Rejected[]} */
  const rejected = [];
  let pace = new Pace(0);
  const named = Array.from(files, (file) => ({ name: nameOf(file), file }));
  const counts = await bridge.call({ type: "addFeatures", files: named, most, seed }, {
    signal,
    onEvent: (event) => {
      if (event.type === "bytes") return onBytes?.(event.done, event.total);
      if (event.type === "rows") pace = new Pace(event.done);
      if (event.type === "rejected") rejected.push(event.rejected);
      if (event.type === "image") {
        const image = imageFrom(event.image);
        accepted.push(image);
        onImage?.(image);
      }
      onProgress?.(pace.progress(accepted.length, rejected.length));
    },
  });
  return { accepted, rejected, ...counts };
}
