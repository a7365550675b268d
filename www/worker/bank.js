// The bank: feature rows of other views of the training images, computed by the crew before a head is trained, and kept by
// the project while the settings stay.
import { Failure, failureFrom } from "../shared/failure.js";
import { FATAL } from "./adding.js";
import { joined } from "./joined.js";

/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */
/** @typedef {import("./session.js").Session} Session */

const AHEAD = 2;

/** Computes what is missing, and tells how far it is. Rejects with "aborted" on the signal; what is there by then stays.
 * @param {Session} session @param {FitOptions} options @param {Call} call @param {boolean} [ofAll] validation images too, for folds
 */
export async function fillBank(session, options, { signal, emit }, ofAll = false) {
  const { augment, seed, views = 3 } = options;
  if (!augment) return;
  const missing = await session.project.views.missing(options, ofAll);
  let [next, done] = [0, 0];
  if (missing.length > 0) emit({ type: "views", done, total: missing.length });
  const work = async () => {
    while (next < missing.length) {
      const { id, sha256, has } = missing[next++];
      const source = await session.project.sourceOf(id);
      if (source) {
        const rows = await session.views({ ...source, sha256, augment, seed, first: has, count: views - has }, signal).catch(passOver);
        if (rows) await session.project.views.add(options, id, joined(rows, Float32Array));
      }
      if (signal.aborted) throw new Failure("aborted", "Stopped.");
      emit({ type: "views", done: ++done, total: missing.length });
    }
  };
  await Promise.all(Array.from({ length: AHEAD * session.crew.size }, work));
}

/** An image whose file can't be read again is taken as it is. @param {unknown} error */
function passOver(error) {
  const failure = failureFrom(error, "reading");
  if (FATAL.has(failure.code)) throw failure;
}
