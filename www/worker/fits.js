// Changes what of each picture the backbone sees: exactly those rows are computed anew, from the images' files, in their order.
// An image that was not reached stays as it was, and so does what images take when they come.
import { Failure, failureFrom } from "../shared/failure.js";
import { fitOfText, shownBy } from "../shared/image_fit.js";
import { AHEAD, FATAL, inOrder, rejection } from "./adding.js";

/** @typedef {import("../shared/image_fit.js").FitCommand} FitCommand */
/** @typedef {import("../shared/image_fit.js").Seen} Seen */
/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */
/** @typedef {import("./project_fits.js").Item} Item */
/** @typedef {import("./session.js").Session} Session */

/** Tells each image that is seen anew, and each whose file can't be read.
 * @param {Session} session @param {Extract<FitCommand, {type: "setFit"}>} command @param {Call} call @param {import("./gate.js").Gate} gate
 */
export async function setFit(session, { fit, label, ids, existing }, { signal, emit }, gate) {
  const { project, keeping } = session;
  const items = existing ? await project.fits.changing(fit, { label, ids }) : [];
  emit({ type: "images", done: 0, total: items.length });
  const work = async (/** @type {Item} */ item) => ({ item, prepared: await seenAnew(session, item, fit, signal).catch((error) => failureFrom(error, "reading", item.name)) });
  try {
    for await (const { item, prepared } of inOrder(items, AHEAD * session.crew.size + project.imagesOnGpu, work)) {
      signal.throwIfAborted();
      if (prepared instanceof Failure && (FATAL.has(prepared.code) || prepared.code === "crashed")) throw prepared;
      emit(prepared instanceof Failure ? rejection(item.name, prepared) : await take(session, item, fit, prepared));
      await gate.held;
    }
    if (!ids) await project.change("choosing what is seen", (engine) => engine.setFit(fit, label));
  } finally {
    // Also where it was stopped: a checkpoint is of rows that may have changed.
    keeping?.keeper.keepTrained(await project.trained());
  }
}

/** A row that is known from before is not computed again. @param {Session} session @param {Item} item @param {string} fit @param {AbortSignal} signal */
async function seenAnew(session, { id, name, sha256 }, fit, signal) {
  const source = await session.project.sourceOf(id);
  if (!source) throw new Failure("no-file", `The file of “${name}” is not here, only its features. Add the image again to change what is seen of it.`, name);
  const known = await session.keeping?.keeper.row(sha256, fit);
  if (!known) return session.prepare({ ...source, fit }, signal);
  return { ...(await session.crew.run({ type: "prepare", ...source, fit, result: "pixels" }, signal)), features: known };
}

/** @param {Session} session @param {Item} item @param {string} fit @param {import("../shared/protocol.js").Prepared & {features: Float32Array}} prepared @returns {Promise<EngineEvent>} */
async function take({ project, keeping }, { id, name, label, sha256, looksLike }, fit, { features, width, height, jpeg, unusualDecoder }) {
  await project.fits.refit(id, fit, features);
  keeping?.keeper.refit(id, sha256, { fit, thumbnail: jpeg }, features);
  const image = { id, name, label, width, height, jpeg, fit, ...(unusualDecoder && { unusualDecoder }) };
  return { type: "image", image: looksLike === undefined || looksLike === null ? image : { ...image, looksLike } };
}

/** @param {Session} session @param {Extract<FitCommand, {type: "seen"}>} command @param {AbortSignal} signal @returns {Promise<Seen>} */
export async function seen({ project, crew }, { picture, fit }, signal) {
  const source = "id" in picture ? await project.sourceOf(picture.id) : { ...picture, fit: await project.fits.ofPrediction() };
  if (!source) throw new Failure("no-file", "The image's file is not here, only its features. Add the image again to see it.");
  const chosen = fit ?? source.fit;
  const { pixels, ...whole } = await crew.run({ type: "prepare", ...source, fit: chosen, result: "pixels" }, signal);
  const { inputSize: side, cropPct } = await crew.spec;
  return { pixels: /** @type {Uint8Array} */ (pixels), side, shown: shownBy(fitOfText(chosen), whole, cropPct) };
}
