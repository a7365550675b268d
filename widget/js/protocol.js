// What crosses between the kernel and this page, and what the session tells its views. Types alone.

/** anywidget's model, as far as it is used. @typedef {{
 *   get: (name: string) => any,
 *   send: (content: ToKernel, callbacks?: undefined, buffers?: (ArrayBuffer | ArrayBufferView)[]) => void,
 *   on: (name: "msg:custom", listener: (content: FromKernel, buffers: DataView[]) => void) => void,
 * }} Model
 */

/** The kernel's calls. Each has one answer, `done` or `failed`.
 * @typedef {{command: "load_examples", kind: string, each: number, seed: number}
 *         | {command: "add_images", pictures: {name: string, label: string}[]}
 *         | {command: "fit", options: FitOptions}
 *         | {command: "cross_validate", folds: number, options: FitOptions}
 *         | {command: "lab", options: Record<string, unknown>}
 *         | {command: "predict", name: string}
 *         | {command: "groups"}
 *         | {command: "features"}
 *         | {command: "images"}
 *         | {command: "export", kind: "safetensors" | "onnx" | "head-onnx" | "bundle" | "pytorch" | "tfjs"}} Call
 */

/** `call` is for the page that said `hello` last, and its buffers are pictures that the kernel has. `file`: gzipped, as asked for.
 * @typedef {{type: "call", id: number, session: string, call: Call}
 *         | {type: "stop", id: number}
 *         | {type: "file", name: string}
 *         | {type: "listening", session: string}
 *         | {type: "pong"}} FromKernel
 */

/** `part`: a piece of the bytes that belong to an answer, in order, before it. `state` becomes the widget's trait of that name.
 * @typedef {{type: "hello", session: string}
 *         | {type: "files", names: string[]}
 *         | {type: "part", id: number}
 *         | {type: "state", state: Told}
 *         | {type: "done", id: number, value: unknown, state: Told}
 *         | {type: "failed", id: number, code: string, message: string, file?: string}
 *         | {type: "ping"}} ToKernel
 */

/** What Python is told unasked: numbers, names of classes and files; nothing of a picture.
 * @typedef {{
 *   status: "loading" | "ready" | "adding" | "training" | "trained" | "failed",
 *   counts: Record<string, number>,
 *   history: Epoch[],
 *   report: (Omit<Report, "images" | "trainIds"> & {images: Judged[]}) | null,
 *   options: FitOptions,
 *   device: string,
 *   rejected: Rejected[],
 * }} Told
 */

/** @typedef {import("headstart").Epoch} Epoch */
/** @typedef {import("headstart").FitOptions} Options */
/** @typedef {Partial<Options>} FitOptions */
/** @typedef {import("headstart").Prediction} Prediction */
/** @typedef {import("headstart").Report} Report */
/** @typedef {{name: string, reason: string, code: string}} Rejected */
/** @typedef {Report["images"][number] & {name: string}} Judged */

export {};
