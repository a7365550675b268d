// Weights that a user brings, read in a worker that ends with it: a large network's file would else stay in its memory.
import { Bridge } from "../shared/bridge.js";
import { compilePool } from "./wasm.js";

/** @typedef {import("../shared/protocol.js").Brought} Brought */
/** @typedef {import("../shared/protocol.js").PoolCommand} PoolCommand */
/** @typedef {import("../shared/protocol.js").PoolResults} PoolResults */
/** @typedef {import("../shared/protocol.js").Simd} Simd */
/** @typedef {import("../shared/protocol.js").WeightsFile} WeightsFile */

/** Any backbone: the worker computes no features. */
const NONE = "efficientnet-lite0";

/** Finds out which network the files hold. @param {WeightsFile[]} files @param {Simd} simd @returns {Promise<Brought>} */
export async function importWeights(files, simd) {
  const module = await compilePool(simd);
  const worker = new Worker(new URL("./pool.js", import.meta.url), { type: "module", name: "headstart import" });
  /** @type {Bridge<PoolCommand, PoolResults, never, never>} */
  const bridge = new Bridge(worker);
  try {
    await bridge.call({ type: "start", module, simd, backbone: NONE });
    return await bridge.call({ type: "importWeights", files });
  } finally {
    bridge.close();
  }
}
