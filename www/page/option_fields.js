// What can be chosen before training: each field with its words, its limits and what it is at first. Data alone.

/** @typedef {Record<string, string | number | boolean>} Settings */
/** `short`: in the list of what a run was trained with. `shown`: whether it matters, given the others.
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
const percent = { ...number, unit: " %" };
/** @param {number} layer @returns {(settings: Settings) => boolean} */
const hasLayer = (layer) => ({ head, hidden }) => head === "mlp" && widths(String(hidden)).length >= layer;
const augmented = when("augment", true);

/** The numbers in a text like "256, 64". @param {string} text */
export const widths = (text) => text.split(/[\s,;×x]+/).filter(Boolean).map(Number);

/** @type {Field[]} */
const HEAD = [
  { kind: "choice", name: "head", text: "Head", short: "head", value: "mlp", wide: true, choices: { mlp: "Hidden layers (MLP)", linear: "Linear" } },
  { kind: "widths", name: "hidden", text: "Units of each hidden layer", short: "hidden layers", value: "512, 512", wide: true, hint: "One to three layers, from the features on.", shown: when("head", "mlp") },
  { ...percent, name: "dropout1", text: "Dropout before layer 1, %", short: "dropout 1", value: 5, least: 0, most: 90, shown: hasLayer(1) },
  { ...percent, name: "dropout2", text: "Dropout before layer 2, %", short: "dropout 2", value: 15, least: 0, most: 90, shown: hasLayer(2) },
  { ...percent, name: "dropout3", text: "Dropout before layer 3, %", short: "dropout 3", value: 15, least: 0, most: 90, shown: hasLayer(3) },
];

/** @type {Field[]} */
const STEPS = [
  { ...whole, name: "epochs", text: "Epochs", short: "epochs", value: 30, least: 1, most: 1000, hint: "Passes over the images." },
  { ...whole, name: "batchSize", text: "Batch size", short: "batch size", value: 64, least: 1, most: 4096, hint: "Images a step." },
  {
    kind: "choice", name: "optimizer", text: "Optimiser", short: "optimiser", value: "adam", hint: "How a step moves the head.",
    choices: { adam: "Adam", adamw: "AdamW", sgd: "SGD", rmsprop: "RMSprop" },
  },
  { ...number, name: "learningRate", text: "Learning rate", short: "learning rate", value: 0.001, least: 0.000001, most: 1, hint: "How far a step goes." },
  { ...number, name: "momentum", text: "Momentum", short: "momentum", value: 0.9, least: 0, most: 0.999, hint: "Kept of the last step.", shown: when("optimizer", "sgd", "rmsprop") },
  { kind: "check", name: "nesterov", text: "Look ahead (Nesterov)", short: "Nesterov", value: false, shown: when("optimizer", "sgd") },
  { ...number, name: "weightDecay", text: "Weight decay", short: "weight decay", value: 0.004, least: 0, most: 1, hint: "Pulls weights to 0.", shown: when("optimizer", "adamw") },
  {
    kind: "choice", name: "schedule", text: "Schedule of the learning rate", short: "schedule", value: "constant", wide: true,
    choices: {
      constant: "Constant",
      stepDecay: "Drops now and then (step decay)",
      exponentialDecay: "Falls evenly (exponential decay)",
      cosineDecay: "Falls to 0 by half a cosine",
      reduceLrOnPlateau: "Drops when validation is stuck (plateau)",
    },
  },
  { ...number, name: "decayRate", text: "Times", short: "decay rate", value: 0.5, least: 0.001, most: 1, shown: when("schedule", "stepDecay", "exponentialDecay") },
  { ...number, name: "decayEpochs", text: "Each so many epochs", short: "decay epochs", value: 10, least: 1, most: 1000, shown: when("schedule", "stepDecay", "exponentialDecay") },
  { ...number, name: "factor", text: "Times", short: "factor", value: 0.5, least: 0.001, most: 1, shown: when("schedule", "reduceLrOnPlateau") },
  { ...whole, name: "stuckEpochs", text: "After so many epochs", short: "plateau patience", value: 5, least: 1, most: 1000, shown: when("schedule", "reduceLrOnPlateau") },
  { kind: "check", name: "stopEarly", text: "End when nothing gets better (early stopping)", short: "early stopping", value: false, wide: true },
  { ...whole, name: "patience", text: "Epochs to wait (patience)", short: "patience", value: 10, least: 1, most: 1000, shown: when("stopEarly", true) },
];

/** @param {string} value @param {...string} names of settings @returns {(settings: Settings) => boolean} */
const onImages = (value, ...names) => (settings) => settings.input === "images" && (names.length === 0 || names.some((name) => settings[name] === value));

/** @type {Field[]} */
const INPUT = [
  {
    kind: "choice", name: "input", text: "Trained on (input)", short: "input", value: "features", wide: true,
    hint: "Images cost minutes where features cost seconds, and such a run begins anew if the page is closed before its end.",
    choices: { features: "Features, computed once", images: "Images, in every epoch" },
  },
  {
    kind: "choice", name: "policy", text: "BatchNorm in training", short: "trained by", value: "stored", wide: true, shown: onImages(""),
    hint: "“Statistics of each batch” is the failure that the lesson tells of: validation then sees another network than training did.",
    choices: { stored: "Stored statistics, those of the weights", batch: "Statistics of each batch", updated: "Of each batch, with a moving average", reestimated: "Re-estimated once on all training images" },
  },
  {
    kind: "choice", name: "validationPolicy", text: "BatchNorm in validation and use", short: "validated by", value: "own", wide: true, shown: onImages(""),
    hint: "Predictions and exports use the same.",
    choices: { own: "As training has it, or stored", stored: "Stored statistics", updated: "The moving average", reestimated: "Re-estimated once on all training images" },
  },
  { ...number, name: "keptShare", text: "Kept of the average at each batch", short: "moving average", value: 0.9, least: 0, most: 0.9999, hint: "0.99 is Keras's.", shown: onImages("updated", "policy", "validationPolicy") },
];

/** @type {Field[]} */
const IMAGES = [
  {
    kind: "choice", name: "classWeight", text: "Class weights", short: "class weights", value: "none", wide: true,
    choices: { none: "Every image counts the same", balanced: "Every class counts the same (balanced)" },
  },
  { kind: "check", name: "augment", text: "Learn from changed views too (augmentation)", short: "augmentation", value: false, wide: true },
  { ...whole, name: "views", text: "Views of each image", short: "views", value: 3, least: 1, most: 32, hint: "Each takes as long as reading the images.", shown: (settings) => augmented(settings) && settings.input === "features" },
  { ...percent, name: "flip", text: "Mirrored (flip), %", short: "flip", value: 50, least: 0, most: 100, shown: augmented },
  { ...percent, name: "keep", text: "Least area kept (crop), %", short: "crop", value: 70, least: 5, most: 100, shown: augmented },
  { ...number, name: "degrees", text: "Turned by up to (rotation), °", short: "rotation", unit: "°", value: 10, least: 0, most: 180, shown: augmented },
  { ...percent, name: "translate", text: "Shifted by up to, %", short: "shift", value: 0, least: 0, most: 50, shown: augmented },
  { ...percent, name: "brightness", text: "Brightness, ± %", short: "brightness", value: 20, least: 0, most: 100, shown: augmented },
  { ...percent, name: "contrast", text: "Contrast, ± %", short: "contrast", value: 20, least: 0, most: 100, shown: augmented },
  { ...percent, name: "saturation", text: "Saturation, ± %", short: "saturation", value: 20, least: 0, most: 100, shown: augmented },
];

/** @type {Field[]} */
const VALIDATION = [
  { ...percent, name: "validationPercent", text: "Held back for validation, %", short: "validation", value: 20, least: 5, most: 50 },
  {
    kind: "choice", name: "split", text: "Which images are held back", short: "split", value: "hash", wide: true,
    choices: { hash: "A fixed random share of each class", tail: "The last ones after a shuffle, as Keras does" },
  },
  { ...whole, name: "seed", text: "Seed", short: "seed", value: 1, least: 0, most: 4294967295, hint: "Decides all that is left to chance." },
];

export const GROUPS = [
  { title: "Head", fields: HEAD },
  { title: "Steps", fields: STEPS },
  { title: "Input", fields: INPUT },
  { title: "Images", fields: IMAGES },
  { title: "Validation and chance", fields: VALIDATION },
];

export const FIELDS = GROUPS.flatMap(({ fields }) => fields);

/** @returns {Settings} */
export const defaults = () => Object.fromEntries(FIELDS.map(({ name, value }) => [name, value]));
