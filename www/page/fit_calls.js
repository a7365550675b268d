// The public API's calls about what of each picture the backbone sees.
import { fitOfText, textOfFit } from "../shared/image_fit.js";
import { addCall } from "./add_call.js";
import { nameOf } from "./sources.js";

/** @typedef {import("../shared/image_fit.js").Fits} Fits */
/** @typedef {import("../shared/image_fit.js").ImageFit} ImageFit */
/** @typedef {import("../shared/image_fit.js").Seen} Seen */
/** @typedef {import("../shared/protocol.js").Image} Image */
/** @typedef {import("../shared/protocol.js").Rejected} Rejected */
/** @typedef {import("./trainer.js").EngineBridge} EngineBridge */
/** @typedef {Omit<import("./trainer_options.js").AddOptions, "label" | "fit"> & {fit: ImageFit, label?: string, ids?: Iterable<number>, existing?: boolean}} FitOptions */

/** @param {EngineBridge} bridge @param {FitOptions} options @returns {Promise<{accepted: Image[], rejected: Rejected[]}>} */
export function setFit(bridge, { fit, label, ids, existing = true, ...options }) {
  return addCall(bridge, { type: "setFit", fit: textOfFit(fit), label, ids: ids && [...ids], existing }, { total: 0, rejected: [], ...options });
}

/** @param {EngineBridge} bridge @returns {Promise<Fits>} */
export async function fits(bridge) {
  const { project, classes } = await bridge.call({ type: "fits" });
  return { fit: fitOfText(project), classes: Object.fromEntries(Object.entries(classes).map(([label, fit]) => [label, fitOfText(fit)])) };
}

/** @param {EngineBridge} bridge @param {number | Blob} picture @param {{fit?: ImageFit, signal?: AbortSignal}} options @returns {Promise<Seen>} */
export function seen(bridge, picture, { fit, signal }) {
  const which = typeof picture === "number" ? { id: picture } : { name: nameOf(picture), file: picture };
  return bridge.call({ type: "seen", picture: which, ...(fit && { fit: textOfFit(fit) }) }, { signal });
}

/** A head that came back from a file. @typedef {Omit<import("../shared/protocol.js").Opened, "fit"> & {fit: ImageFit}} Opened */

/** @param {import("../shared/protocol.js").Opened} told @returns {Opened} */
export const openedFrom = (told) => ({ ...told, fit: fitOfText(told.fit) });
