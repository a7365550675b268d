// Starts the engine's worker and opens it, for `Trainer.create`.
import { Bridge } from "../shared/bridge.js";
import { takeWorker } from "./engine_worker.js";
import { weightsFiles } from "./sources.js";

/** @import { EngineCommand, EngineEvent, EngineNotice, EngineResults, Info, Kept, OpenOptions } from "../shared/protocol.js" */
/** @typedef {Bridge<EngineCommand, EngineResults, EngineEvent, EngineNotice>} EngineBridge */

/** `opened`: as the engine was opened; `kept`: how the project is kept by now. `onTold` hears what changes later.
 * @param {import("./trainer_options.js").CreateOptions} options @param {(told: {kept: Kept} | {info: Info}) => void} onTold
 * @returns {Promise<{bridge: EngineBridge, info: Info, opened: OpenOptions, kept: () => Kept | null}>}
 */
export async function startEngine(options, onTold) {
  const { onProgress, onNotice, onKept } = options;
  let kept = /** @type {Kept | null} */ (null);
  /** @type {EngineBridge} */
  const bridge = new Bridge(takeWorker(), (told) => {
    if ("kept" in told) {
      kept = told.kept;
      onTold({ kept });
      return onKept?.(kept);
    }
    onTold({ info: told.info });
    onNotice?.(told.notice);
  });
  const onEvent = (/** @type {EngineEvent} */ event) => {
    if (event.type === "weights") onProgress?.({ stage: "weights", loaded: event.loaded, total: event.total });
  };
  try {
    const opened = openOptions(options);
    return { bridge, info: await bridge.call({ type: "open", options: opened }, { onEvent }), opened, kept: () => kept };
  } catch (error) {
    bridge.close();
    throw error;
  }
}

/** @param {import("./trainer_options.js").CreateOptions} options @returns {OpenOptions} */
function openOptions({ backbone = "efficientnet-lite0", weights, device = "auto", workers, weightsUrl, tiles, project }) {
  const url = weightsUrl && new URL(weightsUrl, globalThis.location?.href).href;
  const choice = typeof project === "string" ? { name: project } : project;
  return { backbone, device, workers, weightsUrl: url, tiles, files: weightsFiles(weights), project: choice };
}
