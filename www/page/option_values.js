// Settings of the form: what they mean to the trainer, in words, as text that is kept in this browser.

import { FIELDS, RATES, defaults, widths } from "./option_fields.js";
import { FIT } from "./fit_options.js";
import { words } from "./language.js";
import { fill } from "./words.js";

/** @typedef {import("./option_fields.js").Field} Field */
/** @typedef {import("./option_fields.js").Settings} Settings */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */

const KEY = "headstart.options";
const text = words.option_values;

/** What is wrong with what is in a field, as a sentence; "" where nothing is. @param {Field} field @param {string} typed */
export function complaint(field, typed) {
  if (field.kind === "widths") return areWidths(widths(typed)) ? "" : text.wrongWidths;
  if (field.kind === "choice") return Object.hasOwn(field.choices, typed) ? "" : fill(text.wrongChoice, { choices: Object.keys(field.choices).join(text.comma) });
  if (field.kind !== "number") return "";
  const value = Number(typed);
  const fits = typed.trim() !== "" && value >= field.least && value <= field.most && (!field.whole || Number.isInteger(value));
  return fits ? "" : fill(field.whole ? text.wrongWhole : text.wrongNumber, { least: plain(field.least), most: plain(field.most) });
}

/** @param {string} name */
const fieldNamed = (name) => FIELDS.find((field) => field.name === name);

/** The same by the field's name, for what did not come from the form; `validationSplit` is a share, as in the library. @param {string} name @param {string} given */
export function complaintOf(name, given) {
  const field = name === "validationSplit" ? shareOf(fieldNamed("validationPercent")) : fieldNamed(name);
  return field ? complaint(field, given) : "";
}

/** @param {Field | undefined} field in percent @returns {Field | undefined} */
const shareOf = (field) => (field?.kind === "number" ? { ...field, least: field.least / 100, most: field.most / 100, whole: false } : field);

/** @param {number[]} all */
const areWidths = (all) => all.length >= 1 && all.length <= 3 && all.every((width) => Number.isInteger(width) && width >= 1 && width <= 4096);

/** The settings with one changed; others that follow from it change too. @param {Settings} settings @param {string} name @param {string | boolean} value @returns {Settings} */
export function withSetting(settings, name, value) {
  const field = fieldNamed(name);
  if (!field || !isPossible(field, value)) return settings;
  const changed = { ...settings, [name]: valueOf(field, value) };
  // A rate that nobody chose goes with the optimiser.
  const followed = name === "optimizer" && settings.learningRate === RATES[String(settings.optimizer)];
  return followed ? { ...changed, learningRate: RATES[String(value)] } : changed;
}

/** @param {Field} field @param {string | boolean} value */
function valueOf({ kind }, value) {
  if (kind === "widths") return widths(String(value)).join(", ");
  return kind === "number" ? Number(value) : value;
}

/** @param {Field} field @param {string | boolean} value */
function isPossible(field, value) {
  return field.kind === "check" ? typeof value === "boolean" : complaint(field, String(value)) === "";
}

/** What the trainer is told: only what is not its default. @param {Settings} settings @returns {FitOptions} */
export function fitOptions(settings) {
  if (settings.head === "knn") return votingOptions(settings);
  const chosen = (/** @type {string} */ name) => String(settings[name]);
  const number = (/** @type {string} */ name) => Number(settings[name]);
  const share = (/** @type {string} */ name) => number(name) / 100;
  const isShown = (/** @type {string} */ name) => FIELDS.find((field) => field.name === name)?.shown?.(settings) ?? true;
  const dropouts = ["dropout1", "dropout2", "dropout3"].filter(isShown);
  const { head, split, optimizer } = /** @type {FitOptions} */ (/** @type {unknown} */ (settings));
  return {
    ...FIT,
    head,
    epochs: number("epochs"),
    seed: number("seed"),
    batchSize: number("batchSize"),
    learningRate: number("learningRate"),
    validationSplit: share("validationPercent"),
    split,
    ...(optimizer !== "adam" && { optimizer }),
    ...(isShown("momentum") && { momentum: number("momentum") }),
    ...(isShown("nesterov") && settings.nesterov && { nesterov: true }),
    ...(isShown("weightDecay") && { weightDecay: number("weightDecay") }),
    ...(isShown("hidden") && isChanged(settings, "hidden") && { hidden: widths(chosen("hidden")) }),
    ...(dropouts.some((name) => isChanged(settings, name)) && { dropout: dropouts.map(share) }),
    ...(chosen("schedule") !== "constant" && { schedule: scheduleOf(settings) }),
    ...(settings.stopEarly && { patience: number("patience") }),
    ...(chosen("classWeight") === "balanced" && { classWeight: /** @type {const} */ ("balanced") }),
    ...(settings.augment && { ...(isShown("views") && { views: number("views") }), augment: augmentOf(number) }),
    ...(settings.input === "images" && { input: /** @type {const} */ ("images"), batchNorm: policiesOf(settings) }),
  };
}

/** Of nearest neighbours, which have one epoch. @param {Settings} settings @returns {FitOptions} */
function votingOptions({ seed, validationPercent, ...settings }) {
  const { split, neighbors, neighborWeights } = /** @type {FitOptions} */ (/** @type {unknown} */ (settings));
  const chosen = { ...(neighbors !== 5 && { neighbors }), ...(neighborWeights !== "distance" && { neighborWeights }) };
  return { ...FIT, head: "knn", epochs: 1, seed: Number(seed), validationSplit: Number(validationPercent) / 100, split, ...chosen };
}

/** @param {Settings} settings @returns {import("../shared/fit.js").Schedule} */
function scheduleOf(settings) {
  const { schedule: type, decayRate, decayEpochs, factor, stuckEpochs } = settings;
  const all = { stepDecay: { decayRate, decayEpochs }, exponentialDecay: { decayRate, decayEpochs }, cosineDecay: {}, reduceLrOnPlateau: { factor, patience: stuckEpochs } };
  return /** @type {import("../shared/fit.js").Schedule} */ ({ type, ...all[/** @type {keyof typeof all} */ (type)] });
}

/** @param {Settings} settings @returns {import("../shared/lab.js").LabRunOptions} */
function policiesOf({ policy, validationPolicy, keptShare }) {
  const by = /** @type {import("../shared/lab.js").Policy} */ (policy);
  const validation = /** @type {import("../shared/lab.js").Policy} */ (validationPolicy);
  const isMoved = policy === "updated" || validationPolicy === "updated";
  return { policy: by, ...(validationPolicy !== "own" && { validationPolicy: validation }), ...(isMoved && { momentum: Number(keptShare) }) };
}

/** @param {(name: string) => number} number @returns {import("../shared/fit.js").Augment} */
function augmentOf(number) {
  const share = (/** @type {string} */ name) => number(name) / 100;
  return {
    horizontalFlip: share("flip"),
    scale: share("keep"),
    degrees: number("degrees"),
    translate: share("translate"),
    brightness: share("brightness"),
    contrast: share("contrast"),
    saturation: share("saturation"),
  };
}

/** @param {Settings} settings @param {...string} names */
const isChanged = (settings, ...names) => FIELDS.some(({ name, value }) => names.includes(name) && settings[name] !== value);

/** What differs from the defaults, in words; "" where nothing does. @param {Settings} settings */
export function inWords(settings) {
  const shown = FIELDS.filter((field) => (field.shown?.(settings) ?? true) && settings[field.name] !== field.value);
  return shown.map((field) => wordsFor(field, settings[field.name])).join(text.comma);
}

/** @param {Field} field @param {string | number | boolean} value */
function wordsFor(field, value) {
  if (field.kind === "check") return value ? field.short : fill(text.without, { name: field.short });
  if (field.name === "policy" || field.name === "validationPolicy") return set(field, STATISTICS[String(value)] ?? String(value));
  if (field.kind === "choice") return CHOSEN[String(value)] ?? String(value);
  if (field.kind === "widths") return set(field, String(value).replaceAll(", ", " × "));
  return set(field, fill(field.unit ?? "{value}", { value: plain(Number(value)) }));
}

/** @param {Field} field @param {string} value */
const set = ({ short }, value) => fill(text.set, { name: short, value });

/** Choices that are nobody's default. @type {Record<string, string>} */
const CHOSEN = text.chosen;

/** Of a BatchNorm policy. @type {Record<string, string>} */
export const STATISTICS = text.statistics;

/** Without an exponent. @param {number} value */
const plain = (value) => value.toLocaleString("en", { maximumFractionDigits: 8, useGrouping: false });

/** Of the last visit, the defaults for the rest. @returns {Settings} */
export function kept() {
  try {
    const stored = Object.entries(Object(JSON.parse(localStorage.getItem(KEY) ?? "{}")));
    return stored.reduce((settings, [name, value]) => {
      const changed = withSetting(settings, name, typeof value === "boolean" ? value : String(value));
      return { ...changed, ...(name === "optimizer" && { learningRate: settings.learningRate }) };
    }, defaults());
  } catch {
    return defaults(); // a browser that keeps nothing, or text that is not ours
  }
}

/** @param {Settings} settings */
export function keep(settings) {
  const changed = FIELDS.filter(({ name, value }) => settings[name] !== value);
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(changed.map(({ name }) => [name, settings[name]]))));
  } catch {
    // Private windows keep nothing; the choices hold until the page is closed.
  }
}
