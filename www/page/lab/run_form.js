// The form of a run of one's own: every policy in training with every one in validation.

import { element } from "../elements.js";

/** @typedef {import("../../shared/lab.js").Policy} Policy */
/** @typedef {import("./runs.js").Settings} Settings */
/** @typedef {import("./runs.js").Wanted} Wanted */

/** @type {Record<string, string>} */
const POLICIES = {
  stored: "Stored: of the weights",
  batch: "Batch: of the images at hand",
  updated: "Updated: a moving average",
  reestimated: "Re-estimated: once on all",
};
/** @type {Record<string, string>} */
const IN_VALIDATION = { "": "As the policy has it", stored: "Stored", updated: "Updated", reestimated: "Re-estimated" };
/** @type {Record<string, string>} */
const HEADS = { mlp: "2 × 512", linear: "Linear" };

/** @type {Record<string, string>} */
const VIEWS = { "": "As they are", new: "Changed, anew each epoch" };

/** @type {{name: string, text: string, value: string, min: string, max: string, step: string}[]} */
const NUMBERS = [
  { name: "epochs", text: "Epochs", value: "12", min: "1", max: "200", step: "1" },
  { name: "batchSize", text: "Batch size", value: "64", min: "2", max: "256", step: "1" },
  { name: "learningRate", text: "Learning rate", value: "0.001", min: "0.000001", max: "1", step: "any" },
  { name: "seed", text: "Seed", value: "1", min: "0", max: "4294967295", step: "1" },
];
const MOMENTUM = { name: "momentum", text: "Momentum", value: "0.9", min: "0", max: "0.9999", step: "any" };

/** Fills the form, and gives its button. @param {HTMLFormElement} form */
export function fillRunForm(form) {
  const run = element("button", { type: "submit", className: "button primary" }, "Run");
  run.dataset.testid = "lab-run";
  const policies = [choice("policy", "Statistics in training", POLICIES, "batch"), choice("validationPolicy", "In validation", IN_VALIDATION, "")];
  policies.push(choice("augment", "Images of batch and updated (augmentation)", VIEWS, ""));
  policies.forEach((field) => field.classList.add("wide"));
  const legend = element("legend", { className: "visually-hidden" }, "Options of the next run");
  const fields = [...policies, numeric(MOMENTUM), choice("head", "Head", HEADS, "mlp"), ...NUMBERS.map(numeric)];
  form.append(
    element("h3", { id: "lab-form-heading" }, "Try any combination"),
    element("fieldset", { className: "options" }, legend, ...fields),
    run,
  );
  return run;
}

/** @param {string} name @param {string} text @param {Record<string, string>} options @param {string} value */
function choice(name, text, options, value) {
  const select = element("select", { name }, ...Object.entries(options).map(([key, label]) => element("option", { value: key, selected: key === value }, label)));
  select.dataset.testid = `lab-${name}`;
  return element("label", { className: "field" }, element("span", {}, text), select);
}

/** @param {{name: string, text: string, value: string, min: string, max: string, step: string}} field */
function numeric({ name, text, ...limits }) {
  const input = element("input", { type: "number", name, required: true, inputMode: limits.step === "1" ? "numeric" : "decimal", ...limits });
  input.dataset.testid = `lab-${name}`;
  return element("label", { className: "field" }, element("span", {}, text), input);
}

/** @param {HTMLFormElement} form @returns {Settings} */
export function settingsOf(form) {
  const fields = new FormData(form);
  const number = (/** @type {string} */ name) => Number(fields.get(name));
  const head = fields.get("head") === "linear" ? "linear" : "mlp";
  return { head, epochs: number("epochs"), batchSize: number("batchSize"), learningRate: number("learningRate"), seed: number("seed"), ...(fields.get("augment") && { augment: {} }) };
}

/** @param {HTMLFormElement} form @returns {Wanted} */
export function wantedOf(form) {
  const fields = new FormData(form);
  const policy = /** @type {Policy} */ (fields.get("policy"));
  const validation = /** @type {Policy | ""} */ (fields.get("validationPolicy"));
  const momentum = policy === "updated" || validation === "updated" ? Number(fields.get("momentum")) : undefined;
  return { policy, ...(validation && validation !== policy && { validation }), ...(momentum !== undefined && { momentum }) };
}
