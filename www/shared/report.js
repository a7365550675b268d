// What is said of a trained head and of labels. Types alone.

/** @typedef {{label: string, precision: number, recall: number, f1: number, support: number}} ClassReport */
/** `loss`: cross-entropy, Infinity where the head does not know the class.
 * @typedef {{id: number, label: string, predicted: string, probability: number, loss: number}} ImageReport
 */

/** The reliability diagram: 15 bins of equal width by the probability of the answer. `ece`: expected calibration error.
 * @typedef {{ece: number, bins: {confidence: number, accuracy: number, count: number}[]}} Reliability
 */

/** `temperature`: the logits' divisor, fitted on validation. `after`: judged on the half that it was not fitted on.
 * @typedef {{temperature: number, before: Reliability, after: Reliability}} Calibration
 */

/** An image whose label may be wrong; `likely` by confident learning. `score`: 0 to 1, how improbable
 * the label is.
 * @typedef {{id: number, label: string, suggested: string, score: number, likely: boolean}} Doubt
 */

/** Accuracy on the validation images by a head that was trained on so many images.
 * @typedef {{images: number, accuracy: number, interval: [number, number]}} LearningPoint
 */

/** What the best epoch's head is worth. `confusion`: rows true, columns predicted, validation images only.
 * `interval`: the accuracy's 95 % Wilson interval.
 * @typedef {{
 *   labels: string[],
 *   confusion: number[][],
 *   perClass: ClassReport[],
 *   accuracy: number,
 *   interval: [number, number],
 *   trainAccuracy: number,
 *   train: number,
 *   validation: number,
 *   bestEpoch: number,
 *   calibration: Calibration,
 *   images: ImageReport[],
 *   trainIds: number[],
 * }} Report
 */

export {};
