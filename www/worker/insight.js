// Answers what the page asks about images beyond their class: maps of their features, neighbours, what an answer rests on.
import { Bridge } from "../shared/bridge.js";
import { Failure } from "../shared/failure.js";
import { lacksFile, noSuchImage } from "./needed_files.js";

/** @import { FeatureMap, HeatMaps, InsightCommand, MapCommand, MapResults, Neighbour } from "../shared/insight.js" */
/** @typedef {import("./answer.js").Call<import("../shared/protocol.js").EngineEvent>} Call */
/** @typedef {import("./session.js").Session} Session */

/** A plane needs three points. */
const FEWEST = 3;

/** In a worker of its own, which ends with the call.
 * @param {Session} session @param {Extract<InsightCommand, {type: "map"}>} command @param {Call} call @returns {Promise<FeatureMap>}
 */
export async function drawMap({ project }, { method, most, seed }, { signal, emit }) {
  const { ids, rows } = await project.ask("copying features", (engine) => {
    const ids = engine.sample(most, seed);
    return { ids: [...ids], rows: /** @type {Float32Array<ArrayBuffer>} */ (engine.rowsOf(ids)) };
  });
  if (ids.length < FEWEST) throw new Failure("too-few-images", `A map needs ${FEWEST} images, there are ${ids.length}. Add images, then draw it again.`);
  signal.throwIfAborted();
  const worker = new Worker(new URL("./map.js", import.meta.url), { type: "module", name: "headstart map" });
  /** @type {Bridge<MapCommand, MapResults, number, never>} */
  const bridge = new Bridge(worker);
  const close = () => bridge.close();
  signal.addEventListener("abort", close);
  try {
    /** @type {MapCommand} */
    const command = { type: "draw", method, rows, numFeatures: rows.length / ids.length, seed };
    const drawn = await bridge.call(command, { transfer: [rows.buffer], onEvent: (done) => emit({ type: "share", done }) });
    return { method, ids, ...drawn };
  } catch (error) {
    signal.throwIfAborted(); // the call then says that its worker was closed
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

/** @param {Session} session @param {Extract<InsightCommand, {type: "neighbours"}>} command @param {Call} call @returns {Promise<Neighbour[]>} */
export async function neighbours(session, { picture, count }, { signal }) {
  const { project } = session;
  if (!("id" in picture)) {
    const { features } = await session.prepare({ ...picture, fit: await project.fits.ofPrediction() }, signal);
    return project.ask("comparing images", (engine) => engine.neighboursOfRow(features, count));
  }
  const found = await project.ask("comparing images", (engine) => engine.neighboursOf(picture.id, count));
  if (!found) throw noSuchImage(picture.id);
  return found;
}

/** By the crew on either device: a map is wanted for one picture, and a GPU would gain nothing.
 * @param {Session} session @param {Extract<InsightCommand, {type: "heatMaps"}>} command @param {Call} call @returns {Promise<HeatMaps>}
 */
export async function heatMaps(session, { picture, most, label }, { signal }) {
  const source = "id" in picture ? await session.project.sourceOf(picture.id) : { ...picture, fit: await session.project.fits.ofPrediction() };
  if (!source) return lacksFile(session, "id" in picture ? picture.id : NaN);
  if (await session.project.statistics()) {
    throw new Failure("other-statistics", "What an answer rests on is shown for heads by stored BatchNorm statistics, and this one has its own. Train on features to see it.");
  }
  const featureMap = await session.featureMap(source, signal);
  return session.project.ask("explaining an answer", (engine) => engine.heatMaps(featureMap, most, label));
}
