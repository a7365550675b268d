// The engine's worker. A page can start it before its own modules are here: both have some sixty files to load, and they load beside each other.

/** One that nobody has taken yet. @type {{worker: Worker, hasFailed: boolean} | undefined} */
let early;

const start = () => new Worker(new URL("../worker/engine.js", import.meta.url), { type: "module", name: "headstart engine" });

/** For the first who takes it. */
export function startEarly() {
  const started = { worker: start(), hasFailed: false };
  started.worker.onerror = (event) => {
    event.preventDefault();
    started.hasFailed = true; // the next one tells why
  };
  early = started;
}

/** @returns {Worker} */
export function takeWorker() {
  const taken = early;
  early = undefined;
  return taken && !taken.hasFailed ? taken.worker : start();
}
