// Images as the trained head sees them: by the statistics that its backbone was given in training on images, where these are
// others than those of the weights. Their rows are computed when they are asked for, and kept as long as the head is.
import { LabBackbone, Pixels } from "./lab.js";

/** @typedef {import("./session.js").Session} Session */

/** Images that one worker takes at a time. */
const AT_ONCE = 16;

/** One a session: on WebGPU it has the weights once more. @type {WeakMap<Session, Promise<LabBackbone>>} */
const backbones = new WeakMap();

/** @param {Session} session */
function backboneOf(session) {
  const known = backbones.get(session);
  if (known) return known;
  const opened = session.weights.then((weights) => LabBackbone.open(session, weights));
  backbones.set(session, opened);
  opened.catch(() => backbones.delete(session));
  return opened;
}

/** The row of a picture for the trained head: of what that was trained to see, unless another fit is given.
 * @param {Session} session @param {{name: string, file: Blob, fit?: string}} picture @param {AbortSignal} signal @returns {Promise<Float32Array>}
 */
export async function rowAsSeen(session, { name, file, fit: chosen }, signal) {
  const fit = chosen ?? (await session.project.fits.ofPrediction());
  const statistics = await session.project.statistics();
  if (!statistics) return (await session.prepare({ name, file, fit }, signal)).features;
  const { pixels } = await session.crew.run({ type: "prepare", name, file, fit, result: "pixels" }, signal);
  return (await backboneOf(session)).compute(/** @type {Uint8Array} */ (pixels), statistics, signal);
}

/** Gives the project the rows that it lacks to judge its head. An image without a file stays out.
 * @param {Session} session @param {AbortSignal} signal
 */
export async function seeImages(session, signal) {
  const { project } = session;
  const ids = (await project.unseen()).filter((id) => project.hasSource(id));
  const statistics = ids.length > 0 ? await project.statistics() : undefined;
  if (!statistics) return;
  const [pixels, backbone] = [new Pixels(session, signal), await backboneOf(session)];
  const left = Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, at) => ids.slice(at * AT_ONCE, (at + 1) * AT_ONCE));
  const work = async () => {
    for (let some = left.shift(); some; some = left.shift()) {
      const rows = await backbone.compute(await pixels.of(some), statistics, signal);
      const width = rows.length / some.length;
      await project.see(some.map((id, at) => [id, rows.subarray(at * width, (at + 1) * width)]));
    }
  };
  await Promise.all(Array.from({ length: backbone.atOnce }, work));
}
