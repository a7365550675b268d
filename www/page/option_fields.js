// What can be chosen before training: each field with its words, its limits and what it is at first. Data alone.

import { words } from "./language.js";

const text = words.option_fields;

/** @typedef {Record<string, string | number | boolean>} Settings */
/** `short`: in the list of what a run was trained with. `unit`: words around the value there. `shown`: whether it matters, given the others.
 * @typedef {{name: string, text: string, short: string, hint?: string, wide?: boolean, shown?: (settings: Settings) => boolean}} Named
 * @typedef {Named & {kind: "number", value: number, least: number, most: number, whole?: boolean, unit?: string}} NumberField
 * @typedef {Named & {kind: "choice", value: string, choices: Record<string, string>}} ChoiceField
 * @typedef {Named & {kind: "check", value: boolean}} CheckField
 * @typedef {Named & {kind: "widths", value: string}} WidthsField
 * @typedef {NumberField | ChoiceField | CheckField | WidthsField} Field
 */

/** Steps that suit each optimiser, as in Keras. @type {Record<string, number>} */
export const RATES = { adam: 0.001, adamw: 0.001, sgd: 0.01, rmsprop: 0.001 };

/** @param {string} name @param {...unknown} values @returns {(settings: Settings) => boolean} */
const when = (name, ...values) => (settings) => values.includes(settings[name]);
const whole = { kind: /** @type {const} */ ("number"), whole: true };
const number = { kind: /** @type {const} */ ("number") };
const percent = { ...number, unit: words.numbers.percent };
/** @param {number} layer @returns {(settings: Settings) => boolean} */
const hasLayer = (layer) => ({ head, hidden }) => head === "mlp" && widths(String(hidden)).length >= layer;
const augmented = when("augment", true);

/** The numbers in a text like "256, 64". @param {string} typed */
export const widths = (typed) => typed.split(/[\s,;×x]+/).filter(Boolean).map(Number);

/** @type {Field[]} */
const HEAD = [
  { kind: "choice", name: "head", ...text.head, value: "mlp", wide: true },
  { kind: "widths", name: "hidden", ...text.hidden, value: "512, 512", wide: true, shown: when("head", "mlp") },
  { ...percent, name: "dropout1", ...text.dropout1, value: 5, least: 0, most: 90, shown: hasLayer(1) },
  { ...percent, name: "dropout2", ...text.dropout2, value: 15, least: 0, most: 90, shown: hasLayer(2) },
  { ...percent, name: "dropout3", ...text.dropout3, value: 15, least: 0, most: 90, shown: hasLayer(3) },
];

/** @type {Field[]} */
const STEPS = [
  { ...whole, name: "epochs", ...text.epochs, value: 30, least: 1, most: 1000 },
  { ...whole, name: "batchSize", ...text.batchSize, value: 64, least: 1, most: 4096 },
  { kind: "choice", name: "optimizer", ...text.optimizer, value: "adam" },
  { ...number, name: "learningRate", ...text.learningRate, value: 0.001, least: 0.000001, most: 1 },
  { ...number, name: "momentum", ...text.momentum, value: 0.9, least: 0, most: 0.999, shown: when("optimizer", "sgd", "rmsprop") },
  { kind: "check", name: "nesterov", ...text.nesterov, value: false, shown: when("optimizer", "sgd") },
  { ...number, name: "weightDecay", ...text.weightDecay, value: 0.004, least: 0, most: 1, shown: when("optimizer", "adamw") },
  { kind: "choice", name: "schedule", ...text.schedule, value: "constant", wide: true },
  { ...number, name: "decayRate", ...text.decayRate, value: 0.5, least: 0.001, most: 1, shown: when("schedule", "stepDecay", "exponentialDecay") },
  { ...number, name: "decayEpochs", ...text.decayEpochs, value: 10, least: 1, most: 1000, shown: when("schedule", "stepDecay", "exponentialDecay") },
  { ...number, name: "factor", ...text.factor, value: 0.5, least: 0.001, most: 1, shown: when("schedule", "reduceLrOnPlateau") },
  { ...whole, name: "stuckEpochs", ...text.stuckEpochs, value: 5, least: 1, most: 1000, shown: when("schedule", "reduceLrOnPlateau") },
  { kind: "check", name: "stopEarly", ...text.stopEarly, value: false, wide: true },
  { ...whole, name: "patience", ...text.patience, value: 10, least: 1, most: 1000, shown: when("stopEarly", true) },
];

/** @param {string} value @param {...string} names of settings @returns {(settings: Settings) => boolean} */
const onImages = (value, ...names) => (settings) => settings.input === "images" && (names.length === 0 || names.some((name) => settings[name] === value));

/** @type {Field[]} */
const INPUT = [
  { kind: "choice", name: "input", ...text.input, value: "features", wide: true },
  { kind: "choice", name: "policy", ...text.policy, value: "stored", wide: true, shown: onImages("") },
  { kind: "choice", name: "validationPolicy", ...text.validationPolicy, value: "own", wide: true, shown: onImages("") },
  { ...number, name: "keptShare", ...text.keptShare, value: 0.9, least: 0, most: 0.9999, shown: onImages("updated", "policy", "validationPolicy") },
];

/** @type {Field[]} */
const IMAGES = [
  { kind: "choice", name: "classWeight", ...text.classWeight, value: "none", wide: true },
  { kind: "check", name: "augment", ...text.augment, value: false, wide: true },
  { ...whole, name: "views", ...text.views, value: 3, least: 1, most: 32, shown: (settings) => augmented(settings) && settings.input === "features" },
  { ...percent, name: "flip", ...text.flip, value: 50, least: 0, most: 100, shown: augmented },
  { ...percent, name: "keep", ...text.keep, value: 70, least: 5, most: 100, shown: augmented },
  { ...number, name: "degrees", ...text.turn, unit: text.degrees, value: 10, least: 0, most: 180, shown: augmented },
  { ...percent, name: "translate", ...text.translate, value: 0, least: 0, most: 50, shown: augmented },
  { ...percent, name: "brightness", ...text.brightness, value: 20, least: 0, most: 100, shown: augmented },
  { ...percent, name: "contrast", ...text.contrast, value: 20, least: 0, most: 100, shown: augmented },
  { ...percent, name: "saturation", ...text.saturation, value: 20, least: 0, most: 100, shown: augmented },
];

/** @type {Field[]} */
const VALIDATION = [
  { ...percent, name: "validationPercent", ...text.validationPercent, value: 20, least: 5, most: 50 },
  { kind: "choice", name: "split", ...text.split, value: "hash", wide: true },
  { ...whole, name: "seed", ...text.seed, value: 1, least: 0, most: 4294967295 },
];

export const GROUPS = [
  { title: text.groups.head, fields: HEAD },
  { title: text.groups.steps, fields: STEPS },
  { title: text.groups.input, fields: INPUT },
  { title: text.groups.images, fields: IMAGES },
  { title: text.groups.validation, fields: VALIDATION },
];

export const FIELDS = GROUPS.flatMap(({ fields }) => fields);

/** @returns {Settings} */
export const defaults = () => Object.fromEntries(FIELDS.map(({ name, value }) => [name, value]));
