// What the BatchNorm lab takes and gives. Types alone; `trainer.lab` in page/trainer.js speaks them, worker/lab.js carries
// them, and the numbers come from src/lab.rs.

/** Which statistics the BatchNorm layers normalise with.
 * @typedef {"stored" | "batch" | "updated" | "reestimated"} Policy
 */

/** One run. `validationPolicy`: without it the policy's own, which is "stored" for "batch" (the failure). `momentum`: the
 * share that a moving average keeps at each update of "updated"; 0.9, and 0.99 is Keras's.
 * @typedef {{policy: Policy, validationPolicy?: Policy, momentum?: number}} LabRunOptions
 */

/** `shuffles`: after so many epochs the same batches come again from memory, which is far quicker; without it every epoch
 * has new ones, as in Keras. `isTraining`: of `fit` alone, one run whose head the project takes. `augment`: training batches are of other views of their images, new ones each shuffle.
 * @typedef {import("./protocol.js").FitOptions & {runs: LabRunOptions[], shuffles?: number, isTraining?: boolean}} LabOptions
 */

/** An epoch of a run (from 0, in the order of `runs`). `updates`: batches that have moved its averages. `come`: how far
 * these are on the way from the stored ones (0) to those of the training images (1).
 * @typedef {{run: number, epoch: import("./protocol.js").Epoch, updates: number, come: number}} LabEpoch
 */

/** A BatchNorm layer: how far the statistics of the images' batches are from the stored ones, in means over its channels.
 * `distance` is the height of its bar: of two normal distributions, in stored standard deviations. `shift`: of the means
 * alone. `spread`: |ln| of the ratio of standard deviations. `noise`: of the means from batch to batch.
 * @typedef {{layer: string, channels: number, distance: number, shift: number, spread: number, noise: number}} LayerDistance
 */

/** The same images' features by stored statistics and by those of their batch, in two dimensions: entry i of each list
 * is image `images[i]` of class `labels[classes[i]]`. `explained`: shares of variance along both axes. `moved`: how far an
 * image moves between the two, over how far images lie from their centre.
 * @typedef {{
 *   labels: string[],
 *   images: number[],
 *   classes: number[],
 *   stored: [number, number][],
 *   batch: [number, number][],
 *   explained: [number, number],
 *   moved: number,
 * }} Projection
 */

/** @typedef {{layers: LayerDistance[], projection: Projection}} Inside */

/** How a run went. @typedef {{policy: Policy, validationPolicy: Policy, momentum: number, epochs: LabEpoch[]}} LabRun */

/** All that was found so far. `sentences`: what happened, why, and what helps; none before the first epoch. `stopped`:
 * before its end, by `signal`.
 * @typedef {{runs: LabRun[], inside: Inside, sentences: string[], stopped: boolean}} LabResult
 */

/** What `trainer.lab` gives as it goes: "progress" while the backbone runs (images of those this step needs), "inside" once,
 * "epoch" for each run.
 * @typedef {{type: "progress", done: number, total: number}
 *         | {type: "inside", inside: Inside}
 *         | ({type: "epoch"} & LabEpoch)} LabEvent
 */

export {};
