// How a head is trained. Types alone.

/** @typedef {import("./protocol.js").Head} Head */
/** @typedef {"adam" | "adamw" | "sgd" | "rmsprop"} Optimizer */

/** The learning rate of each epoch, by the names of Keras; what is left out has its default in src/train/schedule.rs.
 * @typedef {{type: "constant"}
 *         | {type: "stepDecay" | "exponentialDecay", decayRate?: number, decayEpochs?: number}
 *         | {type: "cosineDecay", alpha?: number}
 *         | {type: "reduceLrOnPlateau", factor?: number, patience?: number, minDelta?: number, cooldown?: number, minLr?: number}} Schedule
 */

/** How far augmentation goes, by the names of torchvision; what is left out has its default in src/image/augment.rs. `scale`: the
 * least share of the area that a view keeps; 1 switches it off, 0 any other.
 * @typedef {{
 *   horizontalFlip?: number,
 *   scale?: number,
 *   degrees?: number,
 *   translate?: number,
 *   brightness?: number,
 *   contrast?: number,
 *   saturation?: number,
 * }} Augment
 */

/** What `fit` needs; the defaults stand in `page/fit_epochs.js`, those of what may be left out in src/train/config.rs.
 * `patience`: ends the run after so many epochs that were not better. `restoreBestWeights`: false keeps the last epoch's.
 * `hidden`: widths of the MLP's layers, one to three, [512, 512] without; `dropout` before each, the last holds for further ones.
 * `neighbors` (5) and `neighborWeights` ("distance"), of the head "knn", are scikit-learn's `n_neighbors` and `weights`; the distance is the cosine. It
 * has one epoch, and neither views nor the input "images".
 * `input`: "features" are computed once; "images" go through the backbone in every epoch, by the statistics of `batchNorm` and, with `augment`, as
 * new views each time. Its `validationPolicy` is not "batch". Such a run has no checkpoints.
 * `fold`: counted from 0, it validates instead of `validationSplit`. `augment`: each epoch takes of each training image itself or one
 * of `views` (3) other views, whose features are computed once. `classWeight`: "balanced" as scikit-learn's.
 * @typedef {{
 *   head: Head,
 *   epochs: number,
 *   seed: number,
 *   batchSize: number,
 *   learningRate: number,
 *   validationSplit: number,
 *   split: "hash" | "tail",
 *   optimizer?: Optimizer,
 *   momentum?: number,
 *   nesterov?: boolean,
 *   weightDecay?: number,
 *   schedule?: Schedule,
 *   shuffle?: boolean,
 *   hidden?: number[],
 *   dropout?: number[],
 *   neighbors?: number,
 *   neighborWeights?: "uniform" | "distance",
 *   monitor?: "valAccuracy" | "valLoss",
 *   patience?: number,
 *   classWeight?: "none" | "balanced",
 *   augment?: Augment,
 *   views?: number,
 *   restoreBestWeights?: boolean,
 *   fold?: {number: number, of: number},
 *   input?: "features" | "images",
 *   batchNorm?: import("./lab.js").LabRunOptions,
 * }} FitOptions
 */

export {};
