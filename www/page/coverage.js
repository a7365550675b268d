// How many images a head answers where it says "none of these" below a probability, and how many of those answers are right:
// counted on the validation images, whose probabilities are calibrated.

/** `threshold`: answers below it are none. `coverage`: share of the images that are answered. `accuracy`: of the answered.
 * @typedef {{threshold: number, coverage: number, accuracy: number, answered: number}} Point
 */

/** From the surest answer to all of them. @param {{label: string, predicted: string, probability: number}[]} images @returns {Point[]} */
export function coverageCurve(images) {
  const surest = [...images].sort((a, b) => b.probability - a.probability);
  let right = 0;
  const points = surest.map(({ label, predicted, probability }, at) => {
    right += Number(label === predicted);
    return { threshold: probability, coverage: (at + 1) / surest.length, accuracy: right / (at + 1), answered: at + 1 };
  });
  // Equal probabilities are answered together.
  return points.filter(({ threshold }, at) => threshold !== points[at + 1]?.threshold);
}

/** What holds at a threshold; null where it answers nothing. @param {Point[]} curve @param {number} threshold @returns {Point | null} */
export const pointAt = (curve, threshold) => [...curve].reverse().find((point) => point.threshold >= threshold) ?? null;
