// The wasm engine, kept alive. It owns what the person has: images, labels, feature rows, the head. When WebGPU fails, at
// the start or later, a fresh engine on the CPU takes the project over and the call that failed is made again there.
import { Failure, failureFrom } from "../shared/failure.js";
import { Alarm, isBroken, listenForTraps } from "./alarm.js";
import { Batches } from "./batches.js";
import { listenForLoss } from "./device.js";
import { Lane } from "./lane.js";
import { ProjectLab } from "./project_lab.js";
import { ProjectViews } from "./project_views.js";
import { warmUp } from "./tiles.js";
import { loadEngine } from "./wasm.js";

/** @typedef {import("../pkg/engine.js").Engine} Engine */
/** @typedef {import("../shared/protocol.js").Device} Device */
/** @typedef {import("../shared/protocol.js").Epoch} Epoch */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** @typedef {import("../shared/protocol.js").Tiles} Tiles */
/** @typedef {{name: string, label: string, sha256: string, fingerprint: string, features: Float32Array}} Row */
/** `onMove`: WebGPU failed, the CPU takes over. `adapter`: tells adapters apart. `tiles`: forces them.
 * @typedef {{
 *   backbone: string,
 *   sha256?: string,
 *   weights: Promise<Blob>,
 *   onMove: (failure: Failure) => void,
 *   adapter?: string,
 *   tiles?: Tiles,
 * }} Options
 */

export class Project {
  /** @type {Device} */
  device;
  /** @type {Promise<Engine>} */
  #engine;
  /** On WebGPU, once it is open. @type {Tiles | undefined} */
  tiles;
  /** @type {Options} */
  #options;
  #alarm = new Alarm();
  // wasm must not be entered twice for the project; features don't touch it.
  #calls = new Lane();
  #batches = new Batches((pixels) =>
    this.#ask("computing features", (engine) => (this.device === "webgpu" ? engine.featuresOfBatch(pixels) : undefined)));
  /** What a fresh engine needs to go on; on the CPU there is nothing to move away from.
   * @type {Map<number, Row> | null} */
  #journal;
  /** A fresh engine counts anew, the page's ids stay. @type {Map<number, number>} */
  #pageIds = new Map();
  /** @type {Map<number, {name: string, file: Blob}>} */
  #sources = new Map();
  #nextId = 0;
  /** @type {ProjectViews} */
  views;

  /** @param {Device} device @param {Options} options */
  constructor(device, options) {
    this.device = device;
    this.#options = options;
    this.#journal = device === "webgpu" ? new Map() : null;
    this.views = new ProjectViews((doing, work) => this.#call(doing, work), this.#pageIds, device === "webgpu");
    listenForTraps((error) => this.#alarm.ring(error));
    listenForLoss((reason) => this.#lose(new Failure("device-lost", reason)));
    this.#engine = this.#open(device);
    this.#engine.catch(() => {}); // whoever calls it is told
  }

  /** Waits until the engine is open on one of the devices. */
  async ready() {
    await this.#ask("starting", () => {});
  }

  /** Features on WebGPU; undefined when the CPU has taken over.
   * @param {Uint8Array} pixels
   */
  featuresOnGpu(pixels) {
    return this.#batches.add(pixels);
  }

  /** Images that WebGPU can have at once, those on their way to it included. */
  get imagesOnGpu() {
    return this.device === "webgpu" ? this.#batches.room : 0;
  }

  /** @param {Row} row @param {Blob} file kept as a handle @returns {Promise<{id: number, looksLike?: number}>} */
  addImage(row, file) {
    return this.#call("adding an image", (engine) => {
      const entered = this.#enter(engine, row, this.#nextId++);
      this.#sources.set(entered.id, { name: row.name, file });
      return entered;
    });
  }

  /** Where an image came from. @param {number} id */
  sourceOf(id) {
    return this.#sources.get(id);
  }

  /** @param {number[]} ids */
  removeImages(ids) {
    return this.#call("removing images", (engine) => {
      const gone = new Set(ids);
      const entries = [...this.#pageIds].filter(([, id]) => gone.has(id));
      engine.removeImages(Uint32Array.from(entries, ([engineId]) => engineId));
      for (const [engineId, id] of entries) {
        this.#pageIds.delete(engineId);
        this.#sources.delete(id);
        this.#journal?.delete(id);
      }
    });
  }

  /** @param {string} from @param {string} to */
  renameClass(from, to) {
    return this.#call("renaming a class", (engine) => {
      engine.renameClass(from, to);
      for (const row of this.#journal?.values() ?? []) if (row.label === from) row.label = to;
    });
  }

  /** @returns {Promise<number[][]>} */
  async groups() {
    /** @type {number[][]} */
    const groups = await this.#call("comparing the images", (engine) => engine.groups());
    return groups.map((group) => group.map((id) => this.#pageId(id)));
  }

  checks() {
    return this.#call("checking the images", (engine) => engine.checks());
  }

  /** Where WebGPU fails on the way, the CPU starts again with epoch 1.
   * @param {FitOptions} options @param {(epoch: Epoch) => Promise<boolean>} onEpoch false stops
   */
  fit(options, onEpoch) {
    return this.#call("training", (engine, isCurrent) =>
      engine.fit(options, async (/** @type {Epoch} */ epoch) => isCurrent() && onEpoch(epoch)));
  }

  /** What heads can be trained on elsewhere. @returns {Promise<import("../shared/protocol.js").Material>} */
  material() {
    return this.#call("copying features", (engine) =>
      ({ saved: engine.saved(), items: engine.items(), rows: /** @type {Float32Array<ArrayBuffer>} */ (engine.rows()) }));
  }

  /** 95 %, of a share. @param {number} right @param {number} total @returns {Promise<[number, number]>} */
  wilsonInterval(right, total) {
    return this.#call("evaluating", (engine) => /** @type {[number, number]} */ ([...engine.wilsonInterval(right, total)]));
  }

  /** A lab on the images as they are now. @param {import("../shared/lab.js").LabOptions} options @param {Float32Array} stored */
  startLab(options, stored) {
    return this.#call("starting the lab", (engine) =>
      new ProjectLab(engine.startLab(options, stored), this.#pageIds, (promise) => this.#alarm.guard(promise)));
  }

  /** The lab's backbone on WebGPU; undefined on the CPU, where the crew has it. @param {Blob} weights */
  async openLabOnGpu(weights) {
    const safetensors = new Uint8Array(await weights.arrayBuffer());
    const lab = await this.#call("starting the lab", (engine) => (this.device === "webgpu" ? engine.openLabOnGpu(safetensors) : undefined));
    if (!lab) return undefined;
    /** @param {Uint8Array} pixels @param {Float32Array | undefined} statistics */
    const compute = (pixels, statistics) => this.#alarm.guard(lab.computeForLab(pixels, statistics));
    return { compute };
  }

  /** @param {number} id @param {string} label */
  relabel(id, label) {
    return this.#call("relabelling", (engine) => {
      const engineId = [...this.#pageIds].find(([, pageId]) => pageId === id)?.[0];
      if (engineId !== undefined) engine.relabel(engineId, label);
      const row = this.#journal?.get(id);
      if (row) row.label = label;
    });
  }

  /** Undefined where `onShare` gave false. @param {number} seed @param {(done: number) => Promise<boolean>} onShare */
  async review(seed, onShare) {
    /** @type {import("../shared/protocol.js").Doubt[] | undefined} */
    const doubts = await this.#call("reviewing", (engine) => engine.review(seed, onShare));
    return doubts?.map((doubt) => ({ ...doubt, id: this.#pageId(doubt.id) }));
  }

  /** @param {FitOptions} options @param {(point: import("../shared/protocol.js").LearningPoint) => Promise<boolean>} onPoint */
  learningCurve(options, onPoint) {
    return this.#call("training", (engine) => engine.learningCurve(options, onPoint));
  }

  async evaluate() {
    /** @type {import("../shared/protocol.js").Report} */
    const report = await this.#call("evaluating", (engine) => engine.evaluate());
    const images = report.images.map((image) => ({ ...image, id: this.#pageId(image.id) }));
    return { ...report, images, trainIds: report.trainIds.map((id) => this.#pageId(id)) };
  }

  /** @param {Float32Array} features */
  predict(features) {
    return this.#call("predicting", (engine) => engine.predict(features));
  }

  /** @param {import("../shared/protocol.js").Head} head @param {number} numClasses */
  summary(head, numClasses) {
    return this.#call("describing the network", (engine) => engine.summary(head, numClasses));
  }

  /** @param {"safetensors"} kind */
  exportModel(kind) {
    return this.#call("exporting", (engine) => engine.exportModel(kind));
  }

  /** @param {Device} device @returns {Promise<Engine>} */
  async #open(device) {
    const { backbone, sha256, weights } = this.#options;
    const module = await loadEngine(device);
    const engine = await module.Engine.open(device);
    if (device === "webgpu") {
      this.tiles = await warmUp(engine, this.#options);
      await engine.loadBackbone(backbone, new Uint8Array(await (await weights).arrayBuffer()));
      this.#batches.mostImages = engine.mostImages();
    }
    engine.setBackbone(backbone, sha256);
    return engine;
  }

  /** @param {Engine} engine @param {Row} row @param {number} id */
  #enter(engine, row, id) {
    /** @type {{id: number, looksLike?: number}} */
    const entered = engine.addImage(row.name, row.label, row.sha256, row.fingerprint, row.features);
    this.#pageIds.set(entered.id, id);
    this.#journal?.set(id, row);
    return entered.looksLike === undefined ? { id } : { id, looksLike: this.#pageId(entered.looksLike) };
  }

  /** @param {number} engineId */
  #pageId(engineId) {
    return this.#pageIds.get(engineId) ?? engineId;
  }

  /** @template T
   * @param {string} doing @param {(engine: Engine, isCurrent: () => boolean) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  #call(doing, work) {
    return this.#calls.run(() => this.#ask(doing, work));
  }

  /** @template T
   * @param {string} doing @param {(engine: Engine, isCurrent: () => boolean) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  async #ask(doing, work) {
    const opening = this.#engine;
    const isCurrent = () => this.#engine === opening;
    try {
      const engine = await this.#alarm.guard(opening);
      return await this.#alarm.guard(Promise.resolve(work(engine, isCurrent)));
    } catch (error) {
      const failure = failureFrom(error, doing);
      if (!isBroken(failure)) throw failure;
      if (isCurrent()) this.#leave(failure);
      return this.#ask(doing, work);
    }
  }

  /** Gives up the engine that failed: the CPU takes over, or on the CPU every call tells the failure.
   * @param {Failure} failure
   */
  #leave(failure) {
    if (this.device === "cpu") throw this.#retire(failure);
    this.device = "cpu";
    this.#engine = this.#open("cpu").then((engine) => this.#replay(engine));
    this.#engine.catch(() => {});
    this.#options.onMove(failure);
  }

  /** A device can be lost while nobody waits for it, and calls on it may never end: so leave at once.
   * @param {Failure} failure
   */
  #lose(failure) {
    if (this.device === "webgpu") this.#leave(failure);
    this.#alarm.ring(failure);
  }

  /** @param {Failure} failure */
  #retire(failure) {
    this.#engine = Promise.reject(failure);
    this.#engine.catch(() => {});
    return failure;
  }

  /** @param {Engine} engine */
  #replay(engine) {
    const rows = this.#journal ?? new Map();
    this.#journal = null;
    this.#pageIds.clear();
    for (const [id, row] of rows) this.#enter(engine, row, id);
    this.views.replay(engine);
    return engine;
  }
}
