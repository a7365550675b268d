// Keeps the page on this device: a service worker holds its files, so that it opens without a network. Nothing here is needed
// for anything else, and nothing is kept before the person has what they came for.

import { byId, element } from "./elements.js";
import { words } from "./language.js";
import { dismiss, report } from "./problems.js";
import { state } from "./state.js";

/** Milliseconds without a job before the large files are fetched for keeps: the first visit is for work. */
const PATIENCE = 4000;
const text = words.offline;
const SCRIPT = new URL("../sw.js", import.meta.url);

/** Registers the worker once the page has come to rest. Where there is none, or it fails, the page goes on as it is. */
export async function keepOffline() {
  if (!navigator.serviceWorker || !isSecureContext) return;
  await rest();
  try {
    const registration = await navigator.serviceWorker.register(SCRIPT, { updateViaCache: "none" });
    offerUpdates(registration);
    const { active } = await navigator.serviceWorker.ready;
    if (active && await ask(active, { type: "keep", paths: usedFiles() })) sayKept();
  } catch (error) {
    console.info(`headstart will need a network the next time: ${error instanceof Error ? error.message : error}`);
  }
}

/** Resolves when the network runs and nothing has been at work for a while. */
async function rest() {
  for (let quiet = 0; quiet < PATIENCE; quiet = state.engine === "ready" && !state.job && !state.gathering ? quiet + 500 : 0) {
    await new Promise((later) => setTimeout(later, 500));
  }
}

/** The large files that this browser needs, whatever device it falls back to. */
function usedFiles() {
  const { device, simd, backbone } = /** @type {NonNullable<typeof state.facts>} */ (state.facts);
  const build = simd === "relaxed-simd" ? "_relaxed" : "";
  const modules = [`pool${build}`, `engine_cpu${build}`, ...(device === "webgpu" ? ["engine"] : [])];
  return [...modules.map((name) => `pkg/${name}_bg.wasm`), `weights/${backbone}.safetensors`, ...exampleFiles()];
}

function exampleFiles() {
  if (/** @type {{connection?: {saveData?: boolean}}} */ (navigator).connection?.saveData) return [];
  const files = state.example?.files.map(({ path }) => path) ?? [];
  return ["manifest.json", ...files].map((file) => `examples/solar-cells/${file}`);
}

/** @param {ServiceWorker} worker @param {{type: string, paths?: string[]}} command @returns {Promise<boolean>} */
function ask(worker, command) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((answered) => {
    port1.onmessage = ({ data }) => answered(data.kept);
    worker.postMessage(command, [port2]);
  });
}

function sayKept() {
  if (document.getElementById("offline")) return;
  byId("privacy-open", HTMLElement).before(element("span", { id: "offline" }, text.kept, " "));
}

/** A newer page waits until it is asked for: it must not change under work in progress. @param {ServiceWorkerRegistration} registration */
function offerUpdates(registration) {
  const offer = () => {
    const { waiting } = registration;
    if (!waiting || !navigator.serviceWorker.controller) return;
    const take = () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      void ask(waiting, { type: "take-over" });
    };
    report("update", text.newer, { tone: "notice", actions: [{ name: text.reloadWithIt, run: take }] });
  };
  offer();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", () => registration.waiting && offer());
  });
  // Another tab took the newer version over: this one still runs the old files.
  if (navigator.serviceWorker.controller) {
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      dismiss("update");
      const actions = [{ name: text.reload, run: () => location.reload() }];
      report("update", text.renewed, { tone: "notice", actions });
    });
  }
}
