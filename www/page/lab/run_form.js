// The form of a run of one's own: every policy in training with every one in validation.

import { element } from "../elements.js";
import { words } from "../language.js";

/** @typedef {import("../../shared/lab.js").Policy} Policy */
/** @typedef {import("./runs.js").Settings} Settings */
/** @typedef {import("./runs.js").Wanted} Wanted */

const text = words.lab_run_form;

/** @type {{name: string, label: string, value: string, min: string, max: string, step: string}[]} */
const NUMBERS = [
  { name: "epochs", label: text.epochs, value: "12", min: "1", max: "200", step: "1" },
  { name: "batchSize", label: text.batchSize, value: "64", min: "2", max: "256", step: "1" },
  { name: "learningRate", label: text.learningRate, value: "0.001", min: "0.000001", max: "1", step: "any" },
  { name: "seed", label: text.seed, value: "1", min: "0", max: "4294967295", step: "1" },
];
const MOMENTUM = { name: "momentum", label: text.momentum, value: "0.9", min: "0", max: "0.9999", step: "any" };

/** Fills the form, and gives its button. @param {HTMLFormElement} form */
export function fillRunForm(form) {
  const run = element("button", { type: "submit", className: "button primary" }, text.run);
  run.dataset.testid = "lab-run";
  const policies = [choice("policy", text.policy, text.policies, "batch"), choice("validationPolicy", text.validationPolicy, text.inValidation, "same")];
  policies.push(choice("augment", text.augment, text.views, "same"));
  policies.forEach((field) => field.classList.add("wide"));
  const legend = element("legend", { className: "visually-hidden" }, text.legend);
  const fields = [...policies, numeric(MOMENTUM), choice("head", text.head, text.heads, "mlp"), ...NUMBERS.map(numeric)];
  form.append(
    element("h3", { id: "lab-form-heading" }, text.heading),
    element("fieldset", { className: "options" }, legend, ...fields),
    run,
  );
  return run;
}

/** The option "same" has no value. @param {string} name @param {string} label @param {Record<string, string>} options @param {string} selected */
function choice(name, label, options, selected) {
  const made = Object.entries(options).map(([key, option]) => element("option", { value: key === "same" ? "" : key, selected: key === selected }, option));
  const select = element("select", { name }, ...made);
  select.dataset.testid = `lab-${name}`;
  return element("label", { className: "field" }, element("span", {}, label), select);
}

/** @param {{name: string, label: string, value: string, min: string, max: string, step: string}} field */
function numeric({ name, label, ...limits }) {
  const input = element("input", { type: "number", name, required: true, inputMode: limits.step === "1" ? "numeric" : "decimal", ...limits });
  input.dataset.testid = `lab-${name}`;
  return element("label", { className: "field" }, element("span", {}, label), input);
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
