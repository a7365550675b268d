// A worker beside the engine that draws one map of feature rows, and ends with it.
import { answer } from "./answer.js";
import { neighbourhoods } from "./umap.js";
import { loadEngine } from "./wasm.js";

/** @typedef {import("../shared/insight.js").MapCommand} MapCommand */

answer(run, () => ({ doing: "drawing a map" }));

/** @param {MapCommand} command @param {import("./answer.js").Call<number>} call @returns {Promise<import("../shared/insight.js").MapResults["draw"]>} */
async function run({ method, rows, numFeatures, seed }, { emit }) {
  const { Cloud } = await loadEngine("cpu");
  const cloud = new Cloud(rows, numFeatures);
  const plane = cloud.plane();
  return method === "pca" ? plane : { points: await neighbourhoods(cloud, plane.points, seed, emit) };
}
