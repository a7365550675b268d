// What the person has: images, labels, feature rows, the head. The wasm engine owns it; a fresh engine takes it over.
import { Batches } from "./batches.js";
import { Journal, enter, trainedOf } from "./journal.js";
import { Lane } from "./lane.js";
import { LivingEngine } from "./living_engine.js";
import { ProjectFits } from "./project_fits.js";
import { ProjectLab } from "./project_lab.js";
import { ProjectViews } from "./project_views.js";

/** @typedef {import("../pkg/engine.js").Engine} Engine */
/** @typedef {import("../shared/protocol.js").Device} Device */
/** @typedef {import("../shared/protocol.js").Epoch} Epoch */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** @typedef {import("./journal.js").Row} Row */
/** @typedef {import("./journal.js").Trained} Trained */

export class Project {
  /** @type {LivingEngine} */
  #engine;
  // wasm must not be entered twice for the project; features don't touch it.
  #calls = new Lane();
  #batches = new Batches((pixels) =>
    this.#engine.ask("computing features", (engine) => (this.device === "webgpu" ? engine.featuresOfBatch(pixels) : undefined)));
  /** On the CPU there is nothing to move away from. @type {Journal | null} */
  #journal;
  /** A file of a kept project is asked for when it is needed: a thousand cost a third of a second. @type {Map<number, {name: string, file: Blob | (() => Promise<Blob | undefined>), fit?: string}>} */
  #sources = new Map();
  #nextId = 0;
  /** @type {ProjectViews} */
  views;
  /** @type {ProjectFits} */
  fits;

  /** @param {Device} device @param {import("./living_engine.js").Options} options */
  constructor(device, options) {
    this.#journal = device === "webgpu" ? new Journal() : null;
    this.views = new ProjectViews((doing, work) => this.#call(doing, work), device === "webgpu");
    this.fits = new ProjectFits((doing, work) => this.#call(doing, work), (...refit) => this.#noteRefit(...refit));
    const onOpen = (/** @type {Engine} */ engine, /** @type {Device} */ device) => {
      if (device === "webgpu") this.#batches.mostImages = engine.mostImages();
      else this.#replay(engine);
    };
    this.#engine = new LivingEngine(device, { ...options, onOpen });
  }

  get device() {
    return this.#engine.device;
  }

  /** On WebGPU, once it is open. */
  get tiles() {
    return this.#engine.tiles;
  }

  /** Of the head that came with the weights. */
  get classes() {
    return this.#engine.classes;
  }

  /** Waits until the engine is open on one of the devices. */
  async ready() {
    await this.#engine.ask("starting", () => {});
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

  /** @param {Row & {id?: number}} row `id`: of one that is put back @param {Blob} file kept as a handle; empty where there is none @returns {Promise<{id: number, looksLike?: number}>} */
  addImage({ id: known, ...row }, file) {
    return this.#call("adding an image", (engine) => {
      const id = known ?? this.#nextId;
      const looksLike = this.#enter(engine, row, id, known === undefined);
      if (file.size > 0) this.#sources.set(id, { name: row.name, file, fit: row.fit });
      return looksLike === undefined ? { id } : { id, looksLike };
    });
  }

  /** Goes on with what was kept, the images after it. Rejects with weights-invalid. @param {number} nextId never used before @param {Trained | undefined} trained */
  restore(nextId, trained) {
    return this.#call("opening the project", (engine) => {
      this.#nextId = nextId;
      if (trained) engine.restore(trained.saved, trained.head);
      if (this.#journal) this.#journal.trained = trained;
    });
  }

  /** Kept images whose rows are known. @param {(Row & {id: number, open?: () => Promise<Blob | undefined>})[]} rows @param {number} nextId of these not used */
  restoreImages(rows, nextId) {
    return this.#call("opening the project", (engine) => {
      this.#nextId = Math.max(this.#nextId, nextId);
      for (const { open, id, ...row } of rows) {
        this.#enter(engine, row, id, false);
        if (open) this.#sources.set(id, { name: row.name, file: open, fit: row.fit });
      }
    });
  }

  /** What `restore` takes. @returns {Promise<Trained>} */
  trained() {
    return this.#call("saving", (engine) => trainedOf(engine));
  }

  /** Whether an image has a file, or only its features. @param {number} id */
  hasSource(id) {
    return this.#sources.has(id);
  }

  /** Where an image came from, and what of it is seen. @param {number} id @returns {Promise<{name: string, file: Blob, fit?: string} | undefined>} */
  async sourceOf(id) {
    const source = this.#sources.get(id);
    const file = await (typeof source?.file === "function" ? source.file() : source?.file);
    return source && file && { ...source, file };
  }

  /** @param {number[]} ids */
  removeImages(ids) {
    return this.#call("removing images", (engine) => {
      engine.removeImages(Uint32Array.from(ids));
      for (const id of ids) {
        this.#sources.delete(id);
        this.#journal?.forget(id);
      }
    });
  }

  /** @param {string} from @param {string} to */
  renameClass(from, to) {
    return this.#call("renaming a class", (engine) => {
      engine.renameClass(from, to);
      this.#journal?.renameClass(from, to);
      this.#keepTrained(engine);
    });
  }

  /** @returns {Promise<number[][]>} */
  groups() {
    return this.#call("comparing the images", (engine) => engine.groups());
  }

  /** Puts images into one group, whatever they look like. @param {number[]} ids */
  keepTogether(ids) {
    return this.#call("grouping", (engine) => {
      engine.keepTogether(Uint32Array.from(ids));
      this.#keepTrained(engine);
    });
  }

  checks() {
    return this.#call("checking the images", (engine) => engine.checks());
  }

  /** Where WebGPU fails on the way, the CPU starts again with epoch 1.
   * @param {FitOptions} options @param {(epoch: Epoch) => Promise<boolean | "save">} onEpoch false stops
   * @param {(bytes: Uint8Array, saved: string) => void} onCheckpoint gets what "save" asks for @param {Uint8Array} [checkpoint] from which the same run goes on
   */
  fit(options, onEpoch, onCheckpoint, checkpoint) {
    return this.#call("training", async (engine, isCurrent) => {
      const told = async (/** @type {Epoch} */ epoch) => isCurrent() && onEpoch(epoch);
      const fitted = await engine.fit(options, told, (/** @type {Uint8Array} */ bytes) => isCurrent() && onCheckpoint(bytes, engine.saved()), checkpoint);
      this.#keepTrained(engine);
      return fitted;
    });
  }

  /** What heads can be trained on elsewhere. @returns {Promise<import("../shared/protocol.js").Material>} */
  material() {
    return this.#call("copying features", (engine) =>
      ({ saved: engine.saved(), items: engine.items(), rows: /** @type {Float32Array<ArrayBuffer>} */ (engine.rows()) }));
  }

  /** A lab on the images as they are now. @param {import("../shared/lab.js").LabOptions} options @param {Float32Array} stored */
  startLab(options, stored) {
    return this.#call("starting the lab", (engine) =>
      new ProjectLab(engine.startLab(options, stored), (promise) => this.#engine.guard(promise), Boolean(options.augment)));
  }

  /** The lab's backbone on WebGPU; undefined on the CPU, where the crew has it. @param {Blob} weights */
  async openLabOnGpu(weights) {
    const safetensors = new Uint8Array(await weights.arrayBuffer());
    const lab = await this.#call("starting the lab", (engine) => (this.device === "webgpu" ? engine.openLabOnGpu(safetensors) : undefined));
    if (!lab) return undefined;
    /** @param {Uint8Array} pixels @param {Float32Array | undefined} statistics */
    const compute = (pixels, statistics) => this.#engine.guard(lab.computeForLab(pixels, statistics));
    return { compute };
  }

  /** Takes the head of a lab as the trained one. @param {ProjectLab} lab @returns {Promise<import("../shared/protocol.js").Fitted>} */
  keepLab(lab) {
    return this.#call("training", async (engine) => {
      const fitted = await engine.keepLab(lab.inner);
      this.#keepTrained(engine);
      return fitted;
    });
  }

  /** By which the head's rows are made, where not by those of the weights. */
  statistics() {
    return this.#call("predicting", (engine) => engine.statistics());
  }

  /** Images whose rows by those are missing to judge the head. */
  unseen() {
    return this.#call("evaluating", (engine) => [...engine.unseen()]);
  }

  /** Takes such rows. @param {[id: number, row: Float32Array][]} rows */
  see(rows) {
    return this.#call("evaluating", (engine) => rows.forEach(([id, row]) => engine.see(id, row)));
  }

  /** @param {number} id @param {string} label */
  relabel(id, label) {
    return this.#call("relabelling", (engine) => {
      engine.relabel(id, label);
      this.#journal?.relabel(id, label);
    });
  }

  /** Undefined where `onShare` gave false. @param {number} seed @param {(done: number) => Promise<boolean>} onShare
   * @returns {Promise<import("../shared/protocol.js").Doubt[] | undefined>}
   */
  review(seed, onShare) {
    return this.#call("reviewing", (engine) => engine.review(seed, onShare));
  }

  /** @param {FitOptions} options @param {(point: import("../shared/protocol.js").LearningPoint) => Promise<boolean>} onPoint */
  learningCurve(options, onPoint) {
    return this.#call("training", (engine) => engine.learningCurve(options, onPoint));
  }

  /** @returns {Promise<import("../shared/protocol.js").Report>} */
  evaluate() {
    return this.#call("evaluating", (engine) => engine.evaluate());
  }

  /** @param {Float32Array} features */
  predict(features) {
    return this.#call("predicting", (engine) => engine.predict(features));
  }

  /** What files of their own do with the engine. @template T @param {string} doing @param {(engine: Engine) => T | Promise<T>} work */
  ask(doing, work) {
    return this.#call(doing, work);
  }

  /** The same for what changes what is remembered besides the images. @template T @param {string} doing @param {(engine: Engine) => T} work */
  change(doing, work) {
    return this.#call(doing, (engine) => {
      const result = work(engine);
      this.#keepTrained(engine);
      return result;
    });
  }

  /** @param {Engine} engine @param {Row} row @param {number} id @param {boolean} isNew */
  #enter(engine, row, id, isNew) {
    const looksLike = enter(engine, row, id, isNew);
    this.#nextId = Math.max(this.#nextId, id + 1);
    this.#journal?.note(id, { ...row, looksLike });
    return looksLike;
  }

  /** @param {number} id @param {string} fit @param {Float32Array} features */
  #noteRefit(id, fit, features) {
    this.#journal?.refit(id, fit, features);
    this.views.forget(id);
    const source = this.#sources.get(id);
    if (source) this.#sources.set(id, { ...source, fit });
  }

  /** @template T
   * @param {string} doing @param {(engine: Engine, isCurrent: () => boolean) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  #call(doing, work) {
    return this.#calls.run(() => this.#engine.ask(doing, work));
  }

  /** @param {Engine} engine */
  #replay(engine) {
    this.#journal?.replay(engine);
    this.#journal = null;
    this.views.replay(engine);
  }

  /** @param {Engine} engine */
  #keepTrained(engine) {
    if (this.#journal) this.#journal.trained = trainedOf(engine);
  }
}
