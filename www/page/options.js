// The folded training options: the form writes into the state, the state fills the form. The address of the page can
// set them too: `?head=linear&epochs=50&seed=3`; what is chosen by hand is kept in this browser.

import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { FIELDS, GROUPS, defaults } from "./option_fields.js";
import { complaint, complaintOf, fitOptions, inWords, keep, kept, withSetting } from "./option_values.js";
import { report } from "./problems.js";
import { change, state } from "./state.js";
import { fill, sentences } from "./words.js";

/** @typedef {import("./option_fields.js").Field} Field */
/** @typedef {import("./option_fields.js").Settings} Settings */
/** @typedef {HTMLInputElement | HTMLSelectElement} Control */
/** @typedef {{field: Field, label: HTMLLabelElement, control: Control, error: HTMLElement}} Row */

/** @type {Row[]} */
const rows = [];
/** @type {{part: HTMLElement, fields: Field[]}[]} */
const groups = [];
const reset = element("button", { type: "button", className: "button small", disabled: true }, words.options.reset);

/** @param {() => void} onChange */
export function wireOptions(onChange) {
  const form = byId("options-form", HTMLFormElement);
  reset.dataset.testid = "options-reset";
  byId("options", HTMLFieldSetElement).append(...GROUPS.map(group), element("div", { className: "actions wide" }, reset));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => {
    const row = rows.find(({ control }) => control === target);
    if (!row || !accept(row)) return;
    take(withSetting(state.settings, row.field.name, valueOf(row.control)));
    onChange();
  });
  // What was wrong is checked again while it is put right.
  form.addEventListener("input", ({ target }) => {
    const row = rows.find(({ control }) => control === target);
    if (row && row.control.ariaInvalid === "true") accept(row);
  });
  reset.addEventListener("click", () => {
    rows.forEach(clear);
    take(defaults());
    rows[0].control.focus();
    onChange();
  });
}

/** @param {{title: string, fields: Field[]}} group */
function group({ title, fields }) {
  const made = element("fieldset", { className: "options" }, element("legend", {}, title));
  for (const field of fields) made.append(row(field));
  groups.push({ part: made, fields });
  return made;
}

/** @param {Field} field */
function row(field) {
  const control = controlOf(field);
  control.name = field.name;
  control.dataset.testid = `option-${field.name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const error = element("span", { className: "field-error", id: `option-error-${field.name}` });
  error.setAttribute("role", "alert");
  control.setAttribute("aria-describedby", error.id);
  const text = element("span", {}, field.text);
  const label = element("label", { className: field.kind === "check" ? "check" : "field" }, ...(field.kind === "check" ? [control, text] : [text, control]));
  const hint = field.hint ? [element("span", { className: "hint", id: `option-hint-${field.name}` }, field.hint)] : [];
  if (field.hint) control.setAttribute("aria-describedby", `${error.id} option-hint-${field.name}`);
  rows.push({ field, label, control, error });
  return element("div", { className: field.wide ? "option wide" : "option" }, label, ...hint, error);
}

/** @param {Field} field @returns {Control} */
function controlOf(field) {
  if (field.kind === "choice") return element("select", {}, ...Object.entries(field.choices).map(([value, text]) => element("option", { value }, text)));
  if (field.kind === "check") return element("input", { type: "checkbox" });
  if (field.kind === "widths") return element("input", { type: "text", inputMode: "text", autocomplete: "off" });
  const { least, most } = field;
  return element("input", { type: "number", inputMode: field.whole ? "numeric" : "decimal", min: String(least), max: String(most), step: field.whole ? "1" : "any" });
}

/** Whether the field's value can be taken; says beside it why not. @param {Row} row */
function accept(row) {
  const wrong = complaint(row.field, row.control.value);
  row.control.ariaInvalid = wrong ? "true" : "false";
  setText(row.error, wrong);
  return wrong === "";
}

/** @param {Row} row */
function clear({ control, error }) {
  control.ariaInvalid = "false";
  setText(error, "");
}

/** @param {Control} control */
const valueOf = (control) => (control.type === "checkbox" ? /** @type {HTMLInputElement} */ (control).checked : control.value);

/** @param {Settings} settings */
function take(settings) {
  keep(settings);
  change((s) => Object.assign(s, { settings, options: fitOptions(settings) }));
}

/** True where each field holds a usable value; otherwise the fold opens on the first that does not. */
export function optionsAreValid() {
  const wrong = rows.filter(({ field }) => field.shown?.(state.settings) ?? true).find((row) => !accept(row));
  if (!wrong) return true;
  wrong.control.closest("details")?.setAttribute("open", "");
  wrong.control.focus();
  return false;
}

/** @param {URLSearchParams} query */
const settingsIn = (query) => [...query].map(([key, value]) => (key === "validationSplit" ? ["validationPercent", String(Number(value) * 100)] : [key, value]));

/** Says which values of the page's address can't be, and are left out. @param {URLSearchParams} query */
export function complainOf(query) {
  const wrong = [...query].flatMap(([name, value]) => {
    const why = complaintOf(name, value);
    return why ? [fill(words.options.leftOut, { name, value, why })] : [];
  });
  if (wrong.length > 0) report("address", sentences(...wrong), { tone: "notice" });
}

/** What is kept in this browser, and what the page's address says instead. @param {URLSearchParams} query */
export function takeOptionsFrom(query) {
  let settings = kept();
  for (const [name, text] of settingsIn(query)) {
    const isCheck = FIELDS.some((field) => field.name === name && field.kind === "check");
    settings = withSetting(settings, name, isCheck ? text !== "false" && text !== "0" : text);
  }
  change((s) => Object.assign(s, { settings, options: fitOptions(settings) }));
}

/** @param {import("./state.js").State} state */
export function drawOptions({ settings, job }) {
  byId("options", HTMLFieldSetElement).disabled = job?.kind === "training";
  const note = inWords(settings);
  setText(byId("options-note", HTMLElement), note);
  for (const { part, fields } of groups) part.hidden = !fields.some(({ shown }) => shown?.(settings) ?? true);
  reset.disabled = note === "" && rows.every(({ control }) => control.ariaInvalid !== "true");
  for (const { field, label, control } of rows) {
    /** @type {HTMLElement} */ (label.parentElement).hidden = !(field.shown?.(settings) ?? true);
    const value = settings[field.name];
    // What is being typed, or is marked as impossible, is left alone.
    if (control === document.activeElement || control.ariaInvalid === "true") continue;
    if (typeof value === "boolean") /** @type {HTMLInputElement} */ (control).checked = value;
    else if (control.value !== String(value)) control.value = String(value);
  }
}
