// The npm package in a browser. build/npm.mjs puts what it needs of dist/ beside it.
export { extractFeatures, fitHead, predict } from "../www/page/features.js";
export { Trainer } from "../www/page/trainer.js";

/** @typedef {import("../www/page/features.js").ExtractOptions} ExtractOptions */
/** @typedef {import("../www/page/sources.js").Source} Source */
/** @typedef {import("../www/page/trainer_options.js").AddOptions} AddOptions */
/** @typedef {import("../www/page/trainer_options.js").CreateOptions} CreateOptions */
/** @typedef {import("../www/shared/protocol.js").Epoch} Epoch */
/** @typedef {import("../www/shared/protocol.js").FitOptions} FitOptions */
/** @typedef {import("../www/shared/protocol.js").Prediction} Prediction */
/** @typedef {import("../www/shared/protocol.js").Report} Report */
/** @typedef {import("../www/shared/rows.js").Features} Features */
/** @typedef {import("../www/shared/rows.js").Head} Head */
/** @typedef {import("../www/shared/rows.js").HeadOptions} HeadOptions */
