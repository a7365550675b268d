// What is open: the crew, the project, the device. Puts them together, and turns a file into a feature row on either device.
import { Crew } from "./crew.js";
import { chooseDevice, onCpu } from "./device.js";
import { importWeights } from "./importing.js";
import { keepProject } from "./keeping.js";
import { Project } from "./project.js";
import { bestSimd } from "./wasm.js";
import { defaultUrl, fetchWeights } from "./weights.js";

/** @typedef {import("../shared/failure.js").Failure} Failure */
/** @typedef {import("../shared/protocol.js").EngineNotice} EngineNotice */
/** @typedef {import("../shared/protocol.js").Info} Info */
/** @typedef {import("../shared/protocol.js").OpenOptions} OpenOptions */
/** @typedef {import("../shared/protocol.js").Prepared} Prepared */
/** @typedef {import("../shared/protocol.js").ViewsWanted} ViewsWanted */
/** @typedef {import("./keeping.js").Keeping} Keeping */
/** `onRead`: weights that the person brought are read, and found good.
 * @typedef {{
 *   onWeights: import("./weights.js").OnProgress,
 *   onRead: () => void,
 *   onNotice: (notice: EngineNotice) => void,
 * }} Listeners
 */

const MAX_WORKERS = 8;
/** Where a project lacks no row, its results are there before the cores are taken by what the next image needs. */
const LATER_MS = 1500;
/** Of all workers' copies of the weights. */
const MAX_WEIGHTS_BYTES = 256 * 2 ** 20;

export class Session {
  /** @type {Info} */
  info;
  /** @type {Crew} */
  crew;
  /** @type {Project} */
  project;
  /** Where a project was asked for that this browser can keep. @type {Keeping | undefined} */
  keeping;
  /** The backbone's, checked. @type {Promise<Blob>} */
  weights;
  /** Of weights that a user brought. @type {string | undefined} */
  sha256;
  /** On the CPU: the crew has the backbone. @type {Promise<void> | undefined} */
  #equipped;
  /** Lets the weights be checked, which takes a core a while. */
  #begin = () => {};
  /** @type {Listeners["onNotice"]} */
  #onNotice;

  /** Weights and both wasm modules come at the same time. On the CPU the session is open when the crew can compute
   * features, even if the engine is still on its way; with a kept project that lacks no row, before that.
   * @param {OpenOptions} options @param {Listeners} listeners
   * @param {Session} [before] has another backbone: its project goes on here, and it keeps it where this rejects
   */
  static async open(options, { onWeights, onRead, onNotice }, before) {
    let begin = () => {};
    const wanted = /** @type {Promise<void>} */ (new Promise((resolve) => (begin = () => resolve(undefined))));
    const base = startBase(options, wanted, onWeights, onRead); // before the adapter is asked for: that can take a while
    base.catch(() => {}); // awaited below
    if (before || options.files || !options.project) begin();
    const choice = await chooseDevice(options.device);
    const session = new Session(options, await base, choice, onNotice);
    session.#begin = begin;
    const isGpu = session.info.device === "webgpu";
    const keeping = before ? undefined : keepProject(session, options.project, onNotice);
    if (isGpu) begin();
    keeping?.then((kept) => setTimeout(begin, kept?.isComplete ? LATER_MS : 0), begin);
    try {
      if (isGpu || options.files) await session.#ready();
      const able = wanted.then(() => Promise.all([session.weights, session.info.device === "cpu" && session.#equip()]));
      able.catch(() => {}); // awaited below, or by the first who needs it
      if (before) await able;
      session.keeping = await (before?.keeping?.handOver(session) ?? keeping);
      if (!session.keeping?.isComplete) await able;
      if (before && !session.keeping) await session.project.fits.take(await before.project.fits.all());
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** @param {OpenOptions} options @param {Base} base @param {import("./device.js").Choice} choice @param {Listeners["onNotice"]} onNotice */
  constructor({ device, tiles, files }, { backbone, sha256, crew, weights, simd }, { key, ...choice }, onNotice) {
    this.#onNotice = onNotice;
    this.info = { ...choice, backbone, workers: crew.size, simd };
    this.crew = crew;
    this.weights = weights;
    this.sha256 = sha256;
    const onMove = (/** @type {Failure} */ failure) => this.#move(failure);
    this.project = new Project(choice.device, { backbone, sha256, weights, files, onMove, adapter: key, tiles });
    if (device === "webgpu" && choice.device === "cpu") this.#notify("no-device", `${choice.reason} You asked for WebGPU.`);
  }

  async #ready() {
    await this.project.ready();
    const { tiles, classes } = this.project;
    this.info = { ...this.info, ...(this.info.device === "webgpu" && { tiles }), ...(classes && { classes }) };
  }

  /** Reads a file and computes its features. `pixels` is spent where it was needed for that.
   * @param {{name: string, file: Blob, fit?: string}} picture @param {AbortSignal} signal
   * @returns {Promise<Prepared & {features: Float32Array}>}
   */
  async prepare({ name, file, fit }, signal) {
    const result = this.info.device === "cpu" ? "features" : "pixels";
    if (result === "features") await this.#equip();
    const { pixels, ...prepared } = await this.crew.run({ type: "prepare", name, file, fit, result }, signal);
    const features = prepared.features ?? (await this.#featuresFrom(/** @type {Uint8Array} */ (pixels)));
    return { ...prepared, features };
  }

  /** Feature rows of views of an image. @param {ViewsWanted} wanted @param {AbortSignal} signal @returns {Promise<Float32Array[]>} */
  async views(wanted, signal) {
    const result = this.info.device === "cpu" ? "features" : "pixels";
    if (result === "features") await this.#equip();
    const { pixels = [], features } = await this.crew.run({ type: "views", ...wanted, result }, signal);
    return features ?? Promise.all(pixels.map((view) => this.#featuresFrom(view)));
  }

  /** What a file is just before the global pool, by the crew on either device: `f32 [height, width, numFeatures]`.
   * @param {{name: string, file: Blob, fit?: string}} picture @param {AbortSignal} signal
   */
  async featureMap({ name, file, fit }, signal) {
    await this.#equip();
    return this.crew.run({ type: "featureMap", name, file, fit }, signal);
  }

  /** @param {Uint8Array} pixels */
  async #featuresFrom(pixels) {
    const features = await this.project.featuresOnGpu(pixels);
    if (features) return features;
    await this.#equip();
    return this.crew.run({ type: "features", pixels });
  }

  /** Ends the workers, and tells nothing any more. The project may be another session's by then: it stays open. */
  close() {
    this.#onNotice = () => {};
    this.crew.close();
  }

  #equip() {
    this.#begin();
    return (this.#equipped ??= this.weights.then((weights) => this.crew.equip({ name: this.info.backbone, weights })));
  }

  /** @param {Failure} failure */
  #move({ code, message }) {
    // A driver's report has many lines.
    const what = code === "crashed" || message.includes("\n") ? "an error inside it" : message.replace(/\.$/, "");
    this.info = { ...this.info, ...onCpu(`WebGPU failed (${what})`), tiles: undefined };
    this.#equip().catch(() => {}); // the next image tells
    this.#notify(code === "no-device" ? code : "device-lost", `WebGPU failed (${what}). headstart goes on with the CPU; nothing is lost.`);
  }

  /** @param {string} code @param {string} message */
  #notify(code, message) {
    this.#onNotice({ notice: { code, message }, info: this.info });
  }
}

/** What both devices need. @typedef {Awaited<ReturnType<typeof startBase>>} Base */

/** @param {OpenOptions} options @param {Promise<void>} wanted before the weights are checked @param {Listeners["onWeights"]} onWeights @param {Listeners["onRead"]} onRead */
async function startBase({ backbone, workers, weightsUrl, files }, wanted, onWeights, onRead) {
  const simd = bestSimd();
  const cores = Math.min(Math.max(navigator.hardwareConcurrency || 1, 1), MAX_WORKERS);
  if (files) {
    const { spec, weights } = await importWeights(files, simd);
    onRead();
    const fitting = Math.max(1, Math.floor(MAX_WEIGHTS_BYTES / weights.size));
    const crew = new Crew({ size: Math.min(workers ?? cores, fitting), simd, backbone: spec.name });
    return { backbone: spec.name, sha256: spec.sha256, crew, weights: Promise.resolve(weights), simd };
  }
  const size = workers ?? cores;
  const crew = new Crew({ size, simd, backbone });
  const verify = (/** @type {Blob} */ weights) => wanted.then(() => crew.run({ type: "verifyWeights", name: backbone, weights }));
  const weights = fetchWeights(weightsUrl ?? defaultUrl(backbone), crew.spec, verify, onWeights);
  weights.catch(() => {}); // `open` awaits them
  return { backbone, sha256: undefined, crew, weights, simd };
}
