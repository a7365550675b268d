// The lab as a loop reads it: what is asked for gets its defaults, and events wait until they are read.

/** @typedef {import("../shared/bridge.js").CallOptions<import("../shared/protocol.js").EngineEvent>} CallOptions */
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
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  if (signal?.aborted) return;
  signal?.addEventListener("abort", onAbort);
  /** @type {Event[]} */
  const arrived = [];
  let wake = () => {};
  let isOver = false;
  const onEvent = (/** @type {import("../shared/protocol.js").EngineEvent} */ event) => {
    if (event.type === "lab") arrived.push(event.event);
    wake();
  };
  const running = call({ type: "lab", options: complete(options) }, { signal: stop.signal, onEvent });
  running.catch(() => {}).finally(() => {
    isOver = true;
    wake();
  });
  try {
    for (;;) {
      const event = arrived.shift();
      if (event) yield event;
      else if (isOver) break;
      else await /** @type {Promise<void>} */ (new Promise((resolve) => { wake = resolve; }));
    }
    yield { type: "done", result: await running };
  } finally {
    stop.abort();
    signal?.removeEventListener("abort", onAbort);
    await running.catch(() => {});
  }
}

/** @param {Omit<Options, "signal">} options @returns {LabOptions} */
function complete({ policies = ["stored", "batch", "updated", "reestimated"], validationPolicy, momentum = 0.9, ...options }) {
  const runs = policies.map((policy) => ({ validationPolicy, momentum, ...(typeof policy === "string" ? { policy } : policy) }));
  const defaults = /** @type {const} */ ({
    head: "mlp", epochs: 30, seed: 1, batchSize: 64, learningRate: 1e-3, validationSplit: 0.2, split: "tail",
  });
  return { ...defaults, ...options, runs };
}
