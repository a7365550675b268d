// What training does where it is not told, in every method of the trainer.

/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */

/** @type {FitOptions} */
export const FIT = { head: "mlp", epochs: 30, seed: 1, batchSize: 64, learningRate: 1e-3, validationSplit: 0.2, split: "hash" };

/** What is given, and the defaults for the rest. @param {Partial<FitOptions>} given @returns {FitOptions} */
export const withDefaults = (given) => ({ ...FIT, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) });
