// The lab as a loop reads it: what is asked for gets its defaults, and the result comes as the last event.

import { FIT } from "./fit_options.js";
import { told } from "./told.js";

/** @typedef {import("./told.js").CallOptions} CallOptions */
/** @typedef {import("../shared/lab.js").LabOptions} LabOptions */
/** @typedef {import("../shared/lab.js").LabResult} LabResult */
/** @typedef {import("../shared/lab.js").LabRunOptions} LabRunOptions */
/** @typedef {import("../shared/lab.js").Policy} Policy */

/** `policies`: one run each, a name or its details; `validationPolicy` and `momentum` are for those that have none of their
 * own. The rest are options of `fit`; the split is Keras's, the tail, unless asked for otherwise.
 * @typedef {Partial<Omit<LabOptions, "runs" | "momentum">> & {
 *   policies?: (Policy | LabRunOptions)[],
 *   validationPolicy?: Policy,
 *   momentum?: number,
 *   signal?: AbortSignal,
 * }} Options
 */

/** @typedef {import("../shared/lab.js").LabEvent | {type: "done", result: LabResult}} Event */

/**
 * @param {(command: {type: "lab", options: LabOptions}, call: CallOptions) => Promise<LabResult>} call
 * @param {Options} options
 * @returns {AsyncGenerator<Event, void, void>}
 */
export async function* labEvents(call, { signal, ...options }) {
  if (signal?.aborted) return;
  const command = /** @type {const} */ ({ type: "lab", options: complete(options) });
  const pick = (/** @type {import("../shared/protocol.js").EngineEvent} */ event) => (event.type === "lab" ? event.event : undefined);
  const result = yield* told((listeners) => call(command, listeners), pick, signal);
  yield { type: "done", result };
}

/** @param {Omit<Options, "signal">} options @returns {LabOptions} */
function complete({ policies = ["stored", "batch", "updated", "reestimated"], validationPolicy, momentum = 0.9, ...options }) {
  const runs = policies.map((policy) => ({ validationPolicy, momentum, ...(typeof policy === "string" ? { policy } : policy) }));
  return { ...FIT, split: "tail", ...options, runs };
}
