// What a running call tells, as a loop reads it: what arrives waits until it is read, and the call ends with the loop.

/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("../shared/bridge.js").CallOptions<EngineEvent>} CallOptions */

/**
 * Starts a call and gives what `pick` takes of its events, then returns its result. It ends early on `signal`, or when
 * the loop that reads it is left.
 * @template T, R
 * @param {(options: CallOptions) => Promise<R>} start
 * @param {(event: EngineEvent) => T | undefined} pick
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<T, R, void>}
 */
export async function* told(start, pick, signal) {
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  signal?.addEventListener("abort", onAbort);
  /** @type {T[]} */
  const arrived = [];
  let wake = () => {};
  let isOver = false;
  const onEvent = (/** @type {EngineEvent} */ event) => {
    const picked = pick(event);
    if (picked) arrived.push(picked);
    wake();
  };
  const running = start({ signal: stop.signal, onEvent });
  running.catch(() => {}).finally(() => {
    isOver = true;
    wake();
  });
  try {
    for (;;) {
      const one = arrived.shift();
      if (one) yield one;
      else if (isOver) return await running;
      else await /** @type {Promise<void>} */ (new Promise((resolve) => { wake = resolve; }));
    }
  } finally {
    stop.abort();
    signal?.removeEventListener("abort", onAbort);
    await running.catch(() => {});
  }
}

/** `onShare`: of all epochs that were asked for. `onViews`: images that have the views which `augment` asks for, before the first epoch.
 * @typedef {{onShare?: (done: number) => void, onViews?: (done: number, total: number) => void}} ManyListeners
 */

/** @param {((run: import("../shared/protocol.js").Run, index: number) => void) | undefined} onRun @param {ManyListeners} listeners
 * @returns {(event: EngineEvent) => void}
 */
export const tellRun = (onRun, { onShare, onViews }) => (event) => {
  if (event.type === "run") onRun?.(event.run, event.index);
  if (event.type === "share") onShare?.(event.done);
  if (event.type === "views") onViews?.(event.done, event.total);
};

/** @typedef {(done: number, total: number) => void} OnShare */

/** What `fit` hears: its epochs, and on the way how far the images are. @param {OnShare} [onViews] @param {OnShare} [onImages] */
export const epochsOf = (onViews, onImages) => (/** @type {EngineEvent} */ event) => {
  if (event.type === "views") onViews?.(event.done, event.total);
  if (event.type === "images") onImages?.(event.done, event.total);
  return event.type === "epoch" ? event.epoch : undefined;
};
