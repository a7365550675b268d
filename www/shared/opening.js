// What a session is opened with. No code.

/** @typedef {import("./protocol.js").Device} Device */
/** @typedef {import("./protocol.js").ProjectChoice} ProjectChoice */
/** @typedef {import("./protocol.js").Tiles} Tiles */

/** A file of weights that a user brings. @typedef {{name: string, file: Blob}} WeightsFile */

/** `weightsUrl`: absolute; without it the file beside the page. `workers`: without it, one a core, 8 at most. `files`: weights
 * that a user brings; they say which backbone they are. `tiles`: without it, what was found faster. `project`: without it,
 * nothing is kept.
 * @typedef {{
 *   backbone: string,
 *   device: "auto" | Device,
 *   workers?: number,
 *   weightsUrl?: string,
 *   files?: WeightsFile[],
 *   tiles?: Tiles,
 *   project?: ProjectChoice,
 * }} OpenOptions
 */

export {};
