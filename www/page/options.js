// The folded training options: the form writes into the state, the state fills the form. The address of the page can
// set them too: `?head=linear&epochs=50&seed=3`.

import { byId } from "./elements.js";
import { change } from "./state.js";

/** @typedef {import("./state.js").Options} Options */

const numeric = /** @type {const} */ (["epochs", "seed", "batchSize", "learningRate"]);

/** @param {() => void} onChange */
export function wireOptions(onChange) {
  const form = byId("options-form", HTMLFormElement);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
    // An empty or impossible value is shown by the browser and not taken over.
    if (!target.reportValidity()) return;
    change((s) => setOption(s.options, target.name, target.value));
    onChange();
  });
}

/** True where each field holds a usable value; otherwise the fold opens on the first that does not. */
export function optionsAreValid() {
  const form = byId("options-form", HTMLFormElement);
  if (form.checkValidity()) return true;
  form.closest("details")?.setAttribute("open", "");
  return form.reportValidity();
}

/** @param {URLSearchParams} query */
export function takeOptionsFrom(query) {
  const form = byId("options-form", HTMLFormElement);
  const named = { validationSplit: "validationPercent" };
  for (const [key, value] of query) {
    const name = key in named ? "validationPercent" : key;
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) continue;
    const before = field.value;
    field.value = key === "validationSplit" ? String(Number(value) * 100) : value;
    if (field.value !== "" && field.checkValidity()) change((s) => setOption(s.options, name, field.value));
    else field.value = before;
  }
}

/** @param {Options} options @param {string} name @param {string} value */
function setOption(options, name, value) {
  if (name === "head") options.head = value === "linear" ? "linear" : "mlp";
  else if (name === "split") options.split = value === "tail" ? "tail" : "hash";
  else if (name === "validationPercent") options.validationSplit = Number(value) / 100;
  else for (const key of numeric) if (key === name) options[key] = Number(value);
}

/** @param {import("./state.js").State} state */
export function drawOptions({ options, job }) {
  byId("options", HTMLFieldSetElement).disabled = job?.kind === "training";
  const form = byId("options-form", HTMLFormElement);
  const shown = { ...options, validationPercent: Number((options.validationSplit * 100).toFixed(4)) };
  for (const [name, value] of Object.entries(shown)) {
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) continue;
    // What is being typed, or is marked as impossible, is left alone.
    const isOurs = field !== document.activeElement && (field.value === "" || field.validity.valid);
    if (isOurs && field.value !== String(value)) field.value = String(value);
  }
}
