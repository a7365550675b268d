// How a head is trained. Types alone.

/** @typedef {import("./protocol.js").Head} Head */
/** @typedef {"adam" | "adamw" | "sgd" | "rmsprop"} Optimizer */

/** The learning rate of each epoch, by the names of Keras and with its formulas. Decays take the rate times 0.5 each 10 epochs; the plateau times
 * 0.1 after 10 epochs without a fall of 1e-4, where nothing else is given.
 * @typedef {{type: "constant"}
 *         | {type: "stepDecay" | "exponentialDecay", decayRate?: number, decayEpochs?: number}
 *         | {type: "cosineDecay", alpha?: number}
 *         | {type: "reduceLrOnPlateau", factor?: number, patience?: number, minDelta?: number, cooldown?: number, minLr?: number}} Schedule
 */

/** How far views go from the image, by the names of torchvision; 0 (`scale` 1) switches a change off.
 * `horizontalFlip`: the share of views that are mirrored, 0.5 without it. `scale`: the least share of the area that a view keeps, 0.7 without
 * it. `degrees`: turned by up to so many, 10 without it. `translate`: shifted by up to this share of the side, 0 without it.
 * `brightness`, `contrast`, `saturation`: how far each varies, 0.2 without it.
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

/** What `fit` needs; `fit` and what is like it take any part of it.
 * `head`: which classifier is trained on the rows. `epochs`: passes over the training rows. `seed`: decides weights, shuffles, dropout, views and
 * the split. `batchSize`: rows a step. `learningRate`: the first epoch's step size, which the schedule changes.
 * `validationSplit`: the share of the images that validates. `split`: "hash" by the bytes of each file, "tail" the last images, as Keras does.
 * `optimizer`: adam without it. `momentum`: of sgd and rmsprop, 0 without it. `nesterov`: of sgd, false without it.
 * `weightDecay`: the share of each weight that a step takes away, times the learning rate; 0.004 with adamw, else 0.
 * `schedule`: constant without it. `shuffle`: false takes the rows in the same order in each epoch.
 * `hidden`: widths of the MLP's layers, one to three, [512, 512] without it. `dropout`: before each of them, [0.05, 0.15] without it; the last
 * holds for further ones. `monitor`: what makes one epoch better than another, valAccuracy without it.
 * `patience`: ends the run after so many epochs that were not better. `restoreBestWeights`: false keeps the last epoch's.
 * `classWeight`: "balanced" as scikit-learn's. `augment`: each epoch takes of each training image itself or one of `views` other views, whose
 * features are computed once. `views`: how many of each image, 3 without it.
 * `fold`: counted from 0, it validates instead of `validationSplit`.
 * `neighbors` (5) and `neighborWeights` ("distance"), of the head "knn", are scikit-learn's `n_neighbors` and `weights`; the distance is the cosine. It
 * has one epoch, and neither views nor the input "images".
 * `input`: "features" are computed once; "images" go through the backbone in every epoch, by the statistics of `batchNorm` and, with `augment`, as
 * new views each time. Such a run has no checkpoints. `batchNorm`: of the input "images"; its `validationPolicy` is not "batch".
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
