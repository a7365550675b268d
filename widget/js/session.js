// One trainer on this page: what it has, and what is done with it, by the person in the cell or by Python. It knows no document.
import { Trainer, extractFeatures } from "headstart";
import { drawExamples } from "./examples.js";

/** @import { Call, Epoch, FitOptions, Judged, Prediction, Rejected, Report, Told } from "./protocol.js" */
/** @typedef {{file: File, name: string, label: string}} Picture */
/** @typedef {Picture & {id: number, thumbnail: Blob}} Added */

/** Epochs that Python is told of; of more, every second or third. Jupyter's server takes messages of 10 MB at most. */
const MOST_TOLD = 5000;

/** What the views draw. `said`: what the person should know; `progress`: of what is under way. */
export class Session {
  /** @type {Told["status"]} */
  status = "loading";
  progress = "";
  device = "";
  /** @type {string[]} */
  said = [];
  /** @type {Map<number, Added>} */
  images = new Map();
  /** @type {Rejected[]} */
  rejected = [];
  /** @type {Epoch[]} */
  history = [];
  /** @type {(Report & {images: Judged[]}) | null} */
  report = null;
  /** Of Python's `Trainer(…)`. @type {FitOptions} */
  options;
  /** @type {Trainer | undefined} */
  #trainer;
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {AbortController | undefined} */
  #stop;
  /** Ends with the last thing that was asked for. @type {Promise<unknown>} */
  #queue;
  /** @type {() => Promise<{weightsUrl: string}>} */
  #place;
  /** @type {{device?: "auto" | "webgpu" | "cpu", workers?: number}} */
  #machine;

  /** @param {() => Promise<{weightsUrl: string}>} place @param {FitOptions} options @param {{device?: "auto" | "webgpu" | "cpu", workers?: number}} machine */
  constructor(place, options, machine) {
    this.options = options;
    this.#place = place;
    this.#machine = machine;
    this.#queue = this.#open();
  }

  /** @param {() => void} listener @returns {() => void} stops it */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param {Partial<Pick<Session, "status" | "progress" | "device" | "history" | "report">>} what */
  change(what) {
    Object.assign(this, what);
    for (const listener of this.#listeners) listener();
  }

  /** @param {string} text */
  say(text) {
    this.said = [...this.said.slice(-4), text];
    this.change({});
  }

  /** Does one thing after the other. @template T @param {(trainer: Trainer) => Promise<T>} work @returns {Promise<T>} */
  run(work) {
    const result = this.#queue.then(() => {
      if (!this.#trainer) throw new Error(this.progress);
      return work(this.#trainer);
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Ends what is under way. */
  stop() {
    this.#stop?.abort();
  }

  free() {
    this.stop();
    this.#trainer?.free();
    this.#listeners.clear();
  }

  /** @param {Picture[]} pictures */
  addImages(pictures) {
    return this.run((trainer) => this.#while("adding", async (signal) => {
      const sources = uniquelyNamed(pictures, new Set([...this.images.values()].map(({ name }) => name)));
      const byName = new Map(sources.map((source) => [source.name, source]));
      const { accepted, rejected } = await trainer.addImages(sources, {
        signal,
        onImage: ({ id, name, label, thumbnail }) => {
          const { file } = /** @type {Picture} */ (byName.get(name));
          this.images.set(id, { id, name, label, thumbnail, file });
        },
        onProgress: ({ done, total }) => this.change({ progress: `${done} of ${total} pictures read` }),
      });
      this.rejected = [...this.rejected, ...rejected];
      if (accepted.length > 0) this.change({ report: null, history: [] });
      return { counts: this.counts, rejected };
    }));
  }

  /** @param {string} kind @param {number} each @param {number} seed */
  async addExamples(kind, each, seed) {
    this.change({ progress: "Drawing example pictures" });
    return this.addImages(await drawExamples(kind, each, seed));
  }

  /** @param {FitOptions} [given] */
  fit(given = {}) {
    return this.run((trainer) => this.#while("training", async (signal) => {
      const options = { ...this.options, ...given };
      this.change({ history: [], report: null });
      for await (const epoch of trainer.fit({ ...options, signal })) {
        const before = epoch.epoch === 1 ? [] : this.history;
        this.change({ history: [...before, epoch], progress: `Epoch ${epoch.epoch}` });
      }
      const report = await trainer.evaluate();
      const images = report.images.map((image) => ({ ...image, name: this.images.get(image.id)?.name ?? "" }));
      this.change({ report: { ...report, images } });
    }));
  }

  /** @param {Call & {command: "cross_validate"}} call */
  crossValidate({ folds, options }) {
    const onFold = (/** @type {unknown} */ _, /** @type {number} */ fold) => this.change({ progress: `Fold ${fold + 1} of ${folds}` });
    return this.run((trainer) => this.#while("training", (signal) => trainer.crossValidate({ ...this.options, ...options, folds, onFold, signal })));
  }

  /** @param {Call & {command: "lab"}} call */
  lab({ options }) {
    return this.run((trainer) => this.#while("training", async (signal) => {
      for await (const event of trainer.lab({ ...this.options, ...options, signal })) {
        if (event.type === "done") return event.result;
        if (event.type === "progress") this.change({ progress: `BatchNorm lab: ${event.done} of ${event.total} pictures of this step` });
        if (event.type === "epoch") this.change({ progress: `BatchNorm lab: epoch ${event.epoch.epoch}` });
      }
      throw new Error("The lab was stopped before its first epoch.");
    }));
  }

  /** @param {File} file @returns {Promise<Prediction[]>} */
  predict(file) {
    return this.run((trainer) => trainer.predict(file));
  }

  /** Feature rows, computed anew from the files by the package's own function; they are those that training saw. */
  features() {
    return this.run(() => this.#while("adding", async (signal) => {
      const added = [...this.images.values()];
      const onPicture = (/** @type {number} */ done, /** @type {number} */ total) => this.change({ progress: `Feature rows for Python: ${done} of ${total}` });
      const placed = { ...this.#machine, ...(await this.#place()) };
      const { rows, numFeatures } = await extractFeatures(added.map(({ file }) => file), { ...placed, onPicture, signal });
      this.say(`Sent to Python: ${added.length} feature rows of ${numFeatures} numbers. No picture.`);
      return { rows, value: { numFeatures, pictures: added.map(({ id, name, label }) => ({ id, name, label, side: this.#sideOf(id) })) } };
    }));
  }

  /** @param {(trainer: Trainer) => Promise<unknown>} ask */
  ask(ask) {
    return this.run(ask);
  }

  /** @returns {Record<string, number>} */
  get counts() {
    /** @type {Record<string, number>} */
    const counts = {};
    for (const { label } of this.images.values()) counts[label] = (counts[label] ?? 0) + 1;
    return counts;
  }

  /** What the kernel may know unasked. @returns {Told} */
  get told() {
    const { status, counts, options, device, rejected } = this;
    const step = Math.ceil(this.history.length / MOST_TOLD);
    const history = this.history.filter((_, at) => at % step === 0 || at === this.history.length - 1);
    if (!this.report) return { status, counts, history, report: null, options, device, rejected };
    const { trainIds, ...report } = this.report;
    return { status, counts, history, report, options, device, rejected };
  }

  /** @param {number} id */
  #sideOf(id) {
    if (!this.report) return null;
    return this.report.trainIds.includes(id) ? "train" : "validation";
  }

  async #open() {
    try {
      const placed = await this.#place();
      const onProgress = () => this.change({ progress: "Starting the trainer" });
      const onNotice = (/** @type {{message: string}} */ { message }) => this.say(message);
      this.#trainer = await Trainer.create({ ...this.#machine, ...placed, onProgress, onNotice });
      this.change({ status: "ready", progress: "", device: this.#trainer.info.reason });
    } catch (error) {
      this.change({ status: "failed", progress: Object(error).message });
    }
  }

  /** @template T @param {"adding" | "training"} status @param {(signal: AbortSignal) => Promise<T>} work @returns {Promise<T>} */
  async #while(status, work) {
    this.#stop = new AbortController();
    this.change({ status });
    try {
      return await work(this.#stop.signal);
    } catch (error) {
      if (Object(error).name !== "AbortError") this.say(Object(error).message);
      throw error;
    } finally {
      this.change({ status: this.report ? "trained" : "ready", progress: "" });
    }
  }
}

/** @param {Picture[]} pictures @param {Set<string>} taken @returns {Picture[]} */
function uniquelyNamed(pictures, taken) {
  return pictures.map((picture) => {
    let name = picture.name;
    for (let n = 2; taken.has(name); n++) name = picture.name.replace(/(\.[^.]*)?$/, ` (${n})$1`);
    taken.add(name);
    return { ...picture, name };
  });
}
