// Curves without their jitter: an exponential moving average whose start is corrected, as TensorBoard draws it.

/** The weight that a slider may give what came before. */
export const MOST_SMOOTHING = 0.95;

/** What is no number stays what it is. @param {number[]} values @param {number} weight of what came before, 0 to below 1 @returns {number[]} */
export function smoothed(values, weight) {
  let [sum, weights] = [0, 0];
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    sum = weight * sum + (1 - weight) * value;
    weights = weight * weights + (1 - weight);
    return sum / weights;
  });
}
