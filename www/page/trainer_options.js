// What the public API's larger calls take. No code.

/** @typedef {import("../shared/protocol.js").Image} Image */
/** @typedef {import("../shared/protocol.js").Kept} Kept */
/** @typedef {import("../shared/protocol.js").Notice} Notice */
/** @typedef {import("./pace.js").Progress} Progress */

/** `weights`: files that say themselves which backbone they are, instead of `backbone`; a `model.json` with its shards, a .pth,
 * .safetensors, .keras or .h5. `workers`: one a core, 8 at most. `weightsUrl`: the backbone's file, where it is not `../weights/` beside this folder.
 * `project`: its name; it is kept on this device and opened again the next time. Without it nothing is kept.
 * `tiles`: forces the tiles of the matrix products on WebGPU; the faster ones are found and remembered otherwise.
 * @typedef {{
 *   backbone?: string,
 *   weights?: Iterable<File>,
 *   device?: "auto" | "webgpu" | "cpu",
 *   workers?: number,
 *   weightsUrl?: string | URL,
 *   tiles?: import("../shared/protocol.js").Tiles,
 *   onProgress?: (progress: {stage: "weights", loaded: number, total: number}) => void,
 *   project?: string | import("../shared/protocol.js").ProjectChoice,
 *   onNotice?: (notice: Notice) => void,
 *   onKept?: (kept: Kept) => void,
 * }} CreateOptions
 */

/** `fit`: what of the images the backbone sees, instead of what their class or the project says.
 * @typedef {{
 *   label?: string,
 *   fit?: import("../shared/image_fit.js").ImageFit,
 *   onProgress?: (progress: Progress) => void,
 *   onImage?: (image: Image) => void,
 *   signal?: AbortSignal,
 * }} AddOptions
 */

export {};
