// What training does where it is not told, in every method of the trainer.

/** @type {import("../shared/protocol.js").FitOptions} */
export const FIT = { head: "mlp", epochs: 30, seed: 1, batchSize: 64, learningRate: 1e-3, validationSplit: 0.2, split: "hash" };
