// The messages between the engine and its pool workers, and the data in them; protocol.js has all others.

/** A backbone's record, as wasm's `backboneSpec` gives it, and the version of the preprocessing.
 * @typedef {{
 *   name: string,
 *   title: string,
 *   file: string,
 *   sha256: string,
 *   bytes: number,
 *   license: string,
 *   source: string,
 *   inputSize: number,
 *   cropPct: number,
 *   numFeatures: number,
 *   preprocessing: number,
 * }} Spec
 */

/** A network that a user brought, its weights as safetensors. @typedef {{spec: Spec, weights: Blob}} Brought */

/** A decoded image: `features f32 [1280]` where they were asked for, else `pixels u8 [224, 224, 3]`.
 * `width`, `height`: of the whole image, in pixels. `fingerprint`: of it too, 64 hex digits.
 * @typedef {{
 *   sha256: string,
 *   fingerprint: string,
 *   width: number,
 *   height: number,
 *   jpeg: Uint8Array<ArrayBuffer>,
 *   unusualDecoder: boolean,
 *   features?: Float32Array,
 *   pixels?: Uint8Array,
 * }} Prepared
 */

/** Which views of which image. @typedef {{name: string, file: Blob, fit?: string, sha256: string, augment: import("./fit.js").Augment, seed: number, first: number, count: number}} ViewsWanted */
/** Their pixels or their feature rows. @typedef {{pixels?: Uint8Array[], features?: Float32Array[]}} Views */

/** Engine → pool worker.
 * @typedef {{type: "start", module: WebAssembly.Module, simd: import("./protocol.js").Simd, backbone: string}
 *         | {type: "verifyWeights", name: string, weights: Blob}
 *         | {type: "loadBackbone", name: string, weights: Blob}
 *         | {type: "importWeights", files: import("./opening.js").WeightsFile[]}
 *         | {type: "prepare", name: string, file: Blob, fit?: string, result: "features" | "pixels"}
 *         | {type: "views", result: "features" | "pixels"} & ViewsWanted
 *         | {type: "openLab", weights: Blob}
 *         | {type: "labTask", weights: Blob, pixels: Uint8Array, statistics: Float32Array | undefined}
 *         | {type: "requests"}
 *         | {type: "featureMap", name: string, file: Blob, fit?: string} | {type: "features", pixels: Uint8Array}} PoolCommand
 */

/** What each command of the engine gives.
 * @typedef {{
 *   start: Spec,
 *   verifyWeights: void,
 *   loadBackbone: void,
 *   importWeights: Brought,
 *   prepare: Prepared,
 *   views: Views,
 *   openLab: Float32Array,
 *   labTask: Float32Array,
 *   requests: import("./requests.js").NetworkRequest[],
 *   featureMap: Float32Array, features: Float32Array,
 * }} PoolResults
 */

export {};
