// Every message between the threads, and the data in them. No code but `assertNever`, with which tsc proves that a
// switch knows every message.
//
//   page  ⇄  engine   one worker: it owns the project, the device and the crew of pool workers
//   engine ⇄ pool     N workers: read, decode, resize; on the CPU also the backbone
//   engine ⇄ heads    workers that train many heads at once, while a call lasts

/** @typedef {"webgpu" | "cpu"} Device */
/** `knn`: nearest neighbours. @typedef {"linear" | "mlp" | "knn"} Head */
/** @typedef {"relaxed-simd" | "simd128"} Simd */
/** @typedef {"large" | "small" | "by-size"} Tiles */

/**
 * Which device runs, and why, in words for the page. `tiles`: of the matrix products on WebGPU. `classes`: of the head that
 * came with the weights.
 * @typedef {{
 *   device: Device,
 *   adapter: string,
 *   reason: string,
 *   backbone: string,
 *   workers: number,
 *   simd: Simd,
 *   tiles?: Tiles,
 *   classes?: string[],
 * }} Info
 */

/** One image of a class. `thumbnail`: 112 × 112, what the backbone sees; `jpeg`: its bytes, none where only features are here. `unusualDecoder`: the browser decoded it.
 * `looksLike`: id of the image that it is a near-duplicate of, the nearest when it came. `fit`: what of it the backbone sees.
 * @typedef {{
 *   id: number,
 *   name: string,
 *   label: string,
 *   width: number, height: number,
 *   thumbnail: Blob,
 *   jpeg: Uint8Array<ArrayBuffer>,
 *   unusualDecoder?: boolean,
 *   looksLike?: number,
 *   fit: import("./image_fit.js").ImageFit,
 * }} Image
 */
/** As it crosses threads. @typedef {Omit<Image, "thumbnail" | "fit"> & {fit: string}} ToldImage */

/** A file that was left out, and why, in words for the person.
 * @typedef {{name: string, reason: string, code: string}} Rejected
 */

/** One pass over the training rows. `epoch` counts from 1; losses are cross-entropy in nats.
 * @typedef {{
 *   epoch: number,
 *   loss: number,
 *   accuracy: number,
 *   valLoss: number,
 *   valAccuracy: number,
 *   learningRate: number,
 *   seconds: number,
 * }} Epoch
 */

/** @typedef {import("./report.js").Doubt} Doubt */
/** @typedef {import("./report.js").LearningPoint} LearningPoint */
/** @typedef {import("./report.js").Report} Report */

/** @typedef {{name: string, type: string, outputShape: (number | null)[], parameters: number, trainable: boolean}} Layer */
/** @typedef {{rows: Layer[], total: number, trainable: number, nonTrainable: number}} Summary */
/** @typedef {{code: string, message: string, blocking: boolean}} Check */
/** @typedef {{label: string, probability: number}} Prediction */
/** @typedef {{bestEpoch: number, stopped: boolean}} Fitted */
/** @typedef {{code: string, message: string}} Notice */

/** @typedef {import("./fit.js").Augment} Augment */
/** @typedef {import("./fit.js").FitOptions} FitOptions */

/** A head of `fitMany`, which is not kept: how its training went, and what its best epoch is worth.
 * @typedef {Omit<Report, "images" | "perClass" | "trainIds"> & {options: FitOptions, epochs: Epoch[]}} Run
 */

/** `confusion` and `accuracy` count each image once, in the fold where it validated; `interval`: 95 %, Wilson.
 * @typedef {{folds: Run[], labels: string[], confusion: number[][], accuracy: number, interval: [number, number]}} CrossValidation
 */

/** What heads are trained on, in the engine's own form: groups and sides in `saved`, `rows f32 [n, 1280]`, one an item. `views`: by
 * the engine's ids, as `options` ask for them.
 * @typedef {{
 *   saved: string,
 *   items: Record<string, unknown>[],
 *   rows: Float32Array<ArrayBuffer>,
 *   views?: {options: FitOptions, rows: [number, Float32Array][]},
 * }} Material
 */

/** A file to add: a handle, so its bytes are first read in a pool worker. `fit`: without it, its class's or the project's.
 * @typedef {{name: string, label: string, file: Blob, fit?: string}} Item
 */

/** @typedef {import("./opening.js").OpenOptions} OpenOptions */
/** @typedef {import("./opening.js").WeightsFile} WeightsFile */

/** @typedef {import("./kept.js").Contents} Contents */
/** @typedef {import("./kept.js").Kept} Kept */
/** @typedef {import("./kept.js").KeptFit} KeptFit */
/** @typedef {import("./kept.js").KeptNetwork} KeptNetwork */
/** @typedef {import("./kept.js").ProjectChoice} ProjectChoice */
/** @typedef {import("./kept.js").ProjectEntry} ProjectEntry */

/** `bundle`, `pytorch` and `tfjs` are zips with a script that checks them; `project` is the whole kept project.
 * @typedef {"safetensors" | "onnx" | "head-onnx" | "bundle" | "pytorch" | "tfjs" | "project"} ExportKind
 */

/** A head that came back from a file; the last two of nearest neighbours. `fit`: what it sees of a picture.
 * @typedef {{labels: string[], head: Head, hidden: number[], fit: string, neighbors?: number, neighborWeights?: "uniform" | "distance"}} Opened
 */

/** Page → engine. `useBackbone` opens anew, on the same project; what is open stays where that fails.
 * @typedef {{type: "open", options: OpenOptions}
 *         | {type: "lab", options: import("./lab.js").LabOptions}
 *         | {type: "useBackbone", options: OpenOptions}
 *         | {type: "addImages", port: MessagePort}
 *         | {type: "removeImages", ids: number[]}
 *         | {type: "renameClass", from: string, to: string}
 *         | {type: "groups"}
 *         | {type: "keepTogether", ids: number[]}
 *         | {type: "checks"}
 *         | {type: "fit", options: FitOptions}
 *         | {type: "fitMany", options: FitOptions[]}
 *         | {type: "crossValidate", folds: number, options: FitOptions, network?: string}
 *         | {type: "relabel", id: number, label: string}
 *         | {type: "review", seed: number}
 *         | {type: "learningCurve", options: FitOptions}
 *         | {type: "pause"}
 *         | {type: "resume"}
 *         | {type: "evaluate"}
 *         | {type: "predict", name: string, file: Blob, fit?: string}
 *         | {type: "extract", name: string, file: Blob, fit?: string}
 *         | {type: "summary", options: {head: Head, hidden?: number[]}, numClasses: number}
 *         | {type: "export", kind: ExportKind, images: boolean, pictures: boolean}
 *         | {type: "openHead", name: string, file: Blob}
 *         | {type: "contents"} | {type: "waiting"}
 *         | {type: "resumeAdding"}
 *         | {type: "flush"}
 *         | {type: "close"}
 *         | {type: "projects"}
 *         | {type: "renameProject", project: string, name: string}
 *         | {type: "duplicateProject", project: string, name: string}
 *         | {type: "deleteProject", project: string, isDeleted: boolean}
 *         | {type: "importProject", file: Blob}
 *         | {type: "requests"} | import("./feature_files.js").AddFeatures | import("./insight.js").InsightCommand
 *         | import("./image_fit.js").FitCommand
 *         | import("./kept.js").KeptCommand | import("./test_set.js").TestSetCommand} EngineCommand
 */

/** What each command of the page gives.
 * @typedef {{
 *   open: Info,
 *   lab: import("./lab.js").LabResult,
 *   useBackbone: Info,
 *   addImages: void,
 *   addFeatures: import("./feature_files.js").FeaturesAdded,
 *   removeImages: void,
 *   renameClass: void,
 *   groups: number[][],
 *   keepTogether: void,
 *   checks: Check[],
 *   fit: Fitted,
 *   fitMany: Run[],
 *   crossValidate: CrossValidation,
 *   relabel: void,
 *   review: Doubt[],
 *   learningCurve: LearningPoint[],
 *   pause: void,
 *   resume: void,
 *   evaluate: Report,
 *   predict: Prediction[],
 *   extract: import("./rows.js").Extracted,
 *   summary: Summary,
 *   export: Blob,
 *   contents: import("./kept.js").ContentsButImages,
 *   waiting: number,
 *   resumeAdding: void,
 *   flush: void,
 *   close: void,
 *   projects: ProjectEntry[],
 *   renameProject: void,
 *   duplicateProject: ProjectEntry,
 *   deleteProject: void,
 *   importProject: ProjectEntry,
 *   openHead: Opened,
 *   requests: import("./requests.js").NetworkRequest[],
 * } & import("./image_fit.js").FitResults & import("./insight.js").InsightResults & import("./kept.js").KeptResults & import("./test_set.js").TestSetResults} EngineResults
 */

/** What the engine tells while a command runs: `open` sends weights, `addImages` images in the order of the items, `addFeatures` too
 * after the bytes that it checked and the rows that it chose, `fit` epochs,
 * `fitMany` and `crossValidate` runs and the share that is done, as `review` and `map` do, `learningCurve` its points. `setFit` tells
 * how many images it is about, then each as it is seen now.
 * @typedef {{type: "weights", loaded: number, total: number}
 *         | {type: "lab", event: import("./lab.js").LabEvent}
 *         | {type: "image", image: ToldImage}
 *         | {type: "rejected", rejected: Rejected}
 *         | {type: "epoch", epoch: Epoch}
 *         | {type: "views" | "images" | "bytes" | "rows", done: number, total: number}
 *         | {type: "run", index: number, run: Run}
 *         | {type: "share", done: number}
 *         | {type: "kept", images: ToldImage[]}
 *         | {type: "point", point: LearningPoint}} EngineEvent
 */

/** What the engine tells unasked: the device changed, and `info` is what holds now; or how the project is kept.
 * @typedef {{notice: Notice, info: Info} | {kept: Kept}} EngineNotice
 */

/** @typedef {import("./pool_protocol.js").Brought} Brought */
/** @typedef {import("./pool_protocol.js").PoolCommand} PoolCommand */
/** @typedef {import("./pool_protocol.js").PoolResults} PoolResults */
/** @typedef {import("./pool_protocol.js").Prepared} Prepared */
/** @typedef {import("./pool_protocol.js").Spec} Spec */
/** @typedef {import("./pool_protocol.js").Views} Views */
/** @typedef {import("./pool_protocol.js").ViewsWanted} ViewsWanted */

/** Page → zip worker, and what it tells of each entry while it reads.
 * @typedef {{type: "unzip", file: File}} ZipCommand
 * @typedef {{type: "entry", path: string, blob: Blob}
 *         | {type: "skipped", path: string, code: "skipped" | "too-large"}} ZipEvent
 */

/** Engine → a worker that trains heads; page → one that has no engine, and rows alone.
 * @typedef {{type: "take", material: Material}
 *         | {type: "fit", options: FitOptions}
 *         | {type: "fitRows", features: import("./rows.js").Features, labels: string[], options: FitOptions}
 *         | {type: "predictRows", file: Uint8Array, features: import("./rows.js").Features}} HeadsCommand
 */

/** What each command gives; `fitRows` tells its epochs.
 * @typedef {{take: void, fit: Run, fitRows: import("./rows.js").Head, predictRows: Prediction[][]}} HeadsResults
 */

/** Around a command, on its way to a worker.
 * @template C
 * @typedef {{type: "call", id: number, command: C} | {type: "abort", id: number}} ToWorker
 */

/** What comes back. A structured clone drops the custom fields of an Error, so they travel as fields.
 * @typedef {{type: "done", id: number, value: unknown}
 *         | {type: "failed", id: number, code: string, message: string, file?: string}
 *         | {type: "event", id: number, event: unknown}
 *         | {type: "notice", notice: unknown}} FromWorker
 */

/** Proves to tsc that a switch is complete, and says so at run time if a message is unknown after all.
 * @param {never} message
 * @returns {never}
 */
export function assertNever(message) {
  throw new TypeError(`unknown message ${JSON.stringify(message)}`);
}
