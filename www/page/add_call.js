// A call that adds images, or sees them anew: tells each and the pace, and gathers what was taken and what was not.

import { portOf } from "../shared/item_stream.js";
import { Pace } from "./pace.js";
import { imageFrom } from "./told_image.js";

/** @typedef {import("../shared/protocol.js").EngineCommand} EngineCommand */
/** @typedef {import("../shared/protocol.js").Image} Image */
/** @typedef {import("../shared/protocol.js").Rejected} Rejected */
/** `total`: as far as it is known. `rejected`: those that were refused before. @typedef {import("./trainer_options.js").AddOptions & {total: number, rejected: Rejected[]}} AddCall */

/** Hands over items, which become images. @param {import("./trainer.js").EngineBridge} bridge @param {import("../shared/protocol.js").Item[]} items @param {AddCall} options */
export function addItems(bridge, items, options) {
  const port = portOf(items);
  return addCall(bridge, { type: "addImages", port }, options, [port]);
}

/** @param {import("./trainer.js").EngineBridge} bridge @param {EngineCommand & {type: "addImages" | "resumeAdding" | "setFit"}} command @param {AddCall} options @param {Transferable[]} [transfer]
 * @returns {Promise<{accepted: Image[], rejected: Rejected[]}>}
 */
export async function addCall(bridge, command, { total, rejected, onProgress, onImage, signal }, transfer) {
  /** @type {Image[]} */
  const accepted = [];
  let pace = new Pace(total);
  const tell = () => onProgress?.(pace.progress(accepted.length, rejected.length));
  tell();
  await bridge.call(command, {
    signal,
    transfer,
    onEvent: (event) => {
      if (event.type === "image") {
        const image = imageFrom(event.image);
        accepted.push(image);
        onImage?.(image);
      } else if (event.type === "rejected") {
        rejected.push(event.rejected);
      } else if (event.type === "images") {
        pace = new Pace(event.total);
      }
      tell();
    },
  });
  return { accepted, rejected };
}
