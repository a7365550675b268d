// The pieces of the trainer by themselves: feature rows, a head, predictions. Each call has workers of its own, which end with it.
import { Bridge } from "../shared/bridge.js";
import { textOfFit } from "../shared/image_fit.js";
import { checkFit, joinRows } from "../shared/rows.js";
import { takeWorker } from "./engine_worker.js";
import { withDefaults } from "./fit_options.js";
import { itemFrom, weightsFiles } from "./sources.js";

/** @import { EngineCommand, EngineEvent, EngineNotice, EngineResults, HeadsCommand, HeadsResults } from "../shared/protocol.js" */
/** @typedef {import("../shared/protocol.js").Epoch} Epoch */
/** @typedef {import("../shared/protocol.js").Prediction} Prediction */
/** @typedef {import("../shared/protocol.js").Rejected} Rejected */
/** @typedef {import("../shared/rows.js").Extracted} Extracted */
/** @typedef {import("../shared/rows.js").Features} Features */
/** @typedef {import("../shared/rows.js").Head} Head */
/** @typedef {import("../shared/rows.js").HeadOptions} HeadOptions */
/** @typedef {import("./sources.js").Source} Source */
/** @typedef {Bridge<EngineCommand, EngineResults, EngineEvent, EngineNotice>} Engine */
/** @typedef {Bridge<HeadsCommand, HeadsResults, Epoch, never>} Heads */

/** As of `Trainer.create`; `fit`: what of the pictures is seen; `onPicture` hears how many are done.
 * @typedef {Pick<import("./trainer_options.js").CreateOptions, "backbone" | "weights" | "device" | "workers" | "weightsUrl" | "onProgress">
 *   & {fit?: import("../shared/image_fit.js").ImageFit, signal?: AbortSignal, onPicture?: (done: number, total: number) => void}} ExtractOptions
 */

/** Enough for every worker to have its next file. */
const AT_ONCE = 32;

/** The feature rows of pictures. One bad file never stops the others: it is in `rejected`, with the reason.
 *
 * Rejects as `Trainer.create` does, and with an AbortError on `signal`.
 * @param {Iterable<Source>} sources @param {ExtractOptions} [options] @returns {Promise<Features>}
 */
export async function extractFeatures(sources, options = {}) {
  const { fit = "crop", signal, onProgress, onPicture = () => {} } = options;
  const items = Array.from(sources, (source) => itemFrom(source, "-", textOfFit(fit)));
  /** @type {Engine} */
  const engine = new Bridge(takeWorker());
  /** In the order of the sources. @type {(Extracted | Rejected)[]} */
  const results = [];
  let done = 0;
  try {
    const onEvent = (/** @type {EngineEvent} */ event) => {
      if (event.type === "weights") onProgress?.({ stage: "weights", loaded: event.loaded, total: event.total });
    };
    const { backbone } = await engine.call({ type: "open", options: openOptions(options) }, { onEvent, signal });
    const left = [...items.entries()];
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const [index, { name, file, fit }] = next;
        results[index] = await engine.call({ type: "extract", name, file, fit }, { signal }).catch((error) => rejectedFrom(error, name));
        onPicture(++done, items.length);
      }
    }));
    return joinRows(backbone, results, fit);
  } finally {
    engine.close();
  }
}

/** Trains a head on feature rows, with one label for each of `features.pictures`. The split is that of `Trainer`: by the
 * pictures' bytes, near-duplicates on one side; the best epoch is kept.
 *
 * Rejects with wrong-rows, no-class or wrong-option, as `fit` does, and with an AbortError on `signal`.
 * @param {Features} features @param {string[]} labels
 * @param {HeadOptions & {signal?: AbortSignal, onEpoch?: (epoch: Epoch) => void}} [options] @returns {Promise<Head>}
 */
export async function fitHead(features, labels, { signal, onEpoch, ...options } = {}) {
  checkFit(features, labels, options);
  return withHeads((heads) => heads.call({ type: "fitRows", features, labels, options: withDefaults(options) }, { signal, onEvent: onEpoch }));
}

/** Classes of each row, best first. `head`: from `fitHead`, or the bytes of an exported head.safetensors.
 *
 * Rejects with weights-invalid or other-backbone where the head does not fit.
 * @param {Head | Uint8Array} head @param {Features} features @returns {Promise<Prediction[][]>}
 */
export function predict(head, features) {
  const file = head instanceof Uint8Array ? head : head.file;
  return withHeads((heads) => heads.call({ type: "predictRows", file, features }));
}

/** @template T @param {(heads: Heads) => Promise<T>} work @returns {Promise<T>} */
async function withHeads(work) {
  const worker = new Worker(new URL("../worker/heads.js", import.meta.url), { type: "module", name: "headstart heads" });
  /** @type {Heads} */
  const heads = new Bridge(worker);
  try {
    return await work(heads);
  } finally {
    heads.close();
  }
}

/** @param {ExtractOptions} options @returns {import("../shared/protocol.js").OpenOptions} */
function openOptions({ backbone = "efficientnet-lite0", weights, device = "auto", workers, weightsUrl }) {
  const url = weightsUrl && new URL(weightsUrl, globalThis.location?.href).href;
  return { backbone, device, workers, weightsUrl: url, files: weightsFiles(weights) };
}

/** A file's fault is told; anything else ends the call. @param {unknown} error @param {string} name @returns {Rejected} */
function rejectedFrom(error, name) {
  const { code, message, file } = Object(error);
  if (!file) throw error;
  return { name, code, reason: message };
}
