// The public API: trains an image classifier in this browser. Works on any page; nothing here touches the document.
// It holds no model state: it sends commands to the engine worker and hands out what comes back.
import { textOfFit } from "../shared/image_fit.js";
import { addCall, addItems } from "./add_call.js";
import { startEngine } from "./engine_start.js";
import { featureCall } from "./feature_call.js";
import { fits, openedFrom, seen, setFit } from "./fit_calls.js";
import { withDefaults } from "./fit_options.js";
import { Insight } from "./insight.js";
import { labEvents } from "./lab_events.js";
import { Projects } from "./projects.js";
import { itemFrom, nameOf, weightsFiles, withoutClass } from "./sources.js";
import { TestSet } from "./test_set_calls.js";
import { epochsOf, tellRun, told } from "./told.js";
import { contentsFrom } from "./told_image.js";

/** @import { Check, Contents, CrossValidation, Doubt, EngineEvent, Epoch, FitOptions, Fitted } from "../shared/protocol.js" */
/** @import { Image, Info, Kept, LearningPoint, OpenOptions, Prediction, Rejected, Report, Run, Summary } from "../shared/protocol.js" */
/** @typedef {import("./engine_start.js").EngineBridge} EngineBridge */
/** @typedef {import("./sources.js").Source} Source */
/** @typedef {import("./told.js").ManyListeners} ManyListeners */
/** @typedef {import("./trainer_options.js").AddOptions} AddOptions */
/** @typedef {import("./trainer_options.js").CreateOptions} CreateOptions */

export class Trainer {
  /** Which device runs and why. Changes when WebGPU fails and the CPU takes over. @type {Info} */
  info;
  /** How the project is kept; null where none was asked for. @type {Kept | null} */
  kept = null;
  /** The kept projects of this browser. @type {Projects} */
  projects;
  /** @type {EngineBridge} */ #bridge; /** @type {OpenOptions} */ #options;

  /** Starts the workers and loads the backbone.
   *
   * `onNotice` hears what the person should know though nothing failed, such as a lost graphics device.
   * Rejects with an Error that has `code`: weights-missing, weights-altered, weights-invalid, unknown-network, unknown-backbone, unsupported-browser, worker-failed.
   * @param {CreateOptions} [options]
   * @returns {Promise<Trainer>}
   */
  static async create(options = {}) {
    /** @type {Trainer | undefined} */
    let trainer;
    const { bridge, info, opened, kept } = await startEngine(options, (told) => trainer && Object.assign(trainer, told));
    trainer = new Trainer(bridge, info, opened);
    trainer.kept = kept();
    return trainer;
  }

  /** Use `Trainer.create`. @param {EngineBridge} bridge @param {Info} info @param {OpenOptions} options */
  constructor(bridge, info, options) {
    this.#bridge = bridge;
    this.#options = options;
    this.info = info;
    this.projects = new Projects(bridge);
    /** Maps of the features, neighbours, heat maps. */ this.insight = new Insight(bridge);
    /** An untouched test set. */ this.testSet = new TestSet(bridge);
  }

  /** Takes another backbone: by name, or the one that the files hold. Features belong to the backbone, so images have to be
   * added again; those of a kept project come from its files, by `resumeAdding`, and what this backbone computed before is there.
   * Where it rejects (weights-invalid, unknown-network, full, …) the backbone before stays, with its images and the project.
   * @param {{backbone?: string, weights?: Iterable<File>}} options @returns {Promise<Info>}
   */
  async useBackbone({ backbone = "efficientnet-lite0", weights }) {
    const options = { ...this.#options, backbone, files: weightsFiles(weights) };
    this.info = await this.#bridge.call({ type: "useBackbone", options });
    return this.info;
  }

  /** Reads pictures and computes their features. One bad file never stops the others: it is in `rejected`, with the reason.
   *
   * Images come in the order given, each through `onImage` as it arrives. On `signal` the promise rejects with an
   * AbortError; images that `onImage` has told stay.
   * @param {Iterable<Source>} sources
   * @param {AddOptions} [options]
   * @returns {Promise<{accepted: Image[], rejected: Rejected[]}>}
   */
  async addImages(sources, { label, fit, ...options } = {}) {
    const all = Array.from(sources, (source) => itemFrom(source, label, fit && textOfFit(fit)));
    const items = all.filter((item) => item.label !== "");
    const classless = all.filter((item) => item.label === "").map(({ name }) => withoutClass(name));
    return addItems(this.#bridge, items, { total: all.length, rejected: classless, ...options });
  }

  /** Takes in feature rows that were extracted elsewhere: `manifest.json` and its shards (docs/features.md), as images without pictures.
   * Everything is checked first; what is refused (features-refused, other-backbone) changes nothing. Of many rows a sample is taken.
   * @param {Iterable<File>} files @param {import("./feature_call.js").FeatureOptions} [options] @returns {Promise<import("./feature_call.js").FeaturesAdded>}
   */
  addFeatures(files, options = {}) {
    return featureCall(this.#bridge, files, options);
  }

  /** Goes on with the files of a project that were given before the page was closed; `contents().waiting` says which.
   * @param {Omit<AddOptions, "label" | "fit">} [options]
   * @returns {Promise<{accepted: Image[], rejected: Rejected[]}>}
   */
  async resumeAdding(options = {}) {
    const total = await this.#bridge.call({ type: "waiting" });
    return addCall(this.#bridge, { type: "resumeAdding" }, { total, rejected: [], ...options });
  }

  /** What of its images the backbone sees: "crop", the centre; "pad", the whole image between bars; or a region. Of the images with
   * these `ids`, of a class now and later (`label`; later alone without `existing`), else of the project, pictures to be classified included; there images keep what
   * was chosen for their class or for themselves. Exactly the rows that change are computed anew; ids, labels and sides stay, and the
   * head is as it was until the next `fit`. On `signal` images that were not reached stay as they were. Rejects with wrong-fit.
   * @param {import("./fit_calls.js").FitOptions} options @returns {Promise<{accepted: Image[], rejected: Rejected[]}>}
   */
  setFit(options) {
    return setFit(this.#bridge, options);
  }

  /** What images take when they come. @returns {Promise<import("./fit_calls.js").Fits>} */
  fits() {
    return fits(this.#bridge);
  }

  /** The pixels of an image, by its id, or of a file, exactly as they go into the backbone. @param {number | Blob} picture
   * @param {{fit?: import("./fit_calls.js").ImageFit, signal?: AbortSignal}} [options] @returns {Promise<import("./fit_calls.js").Seen>}
   */
  seen(picture, options = {}) {
    return seen(this.#bridge, picture, options);
  }

  /** Takes images out again. @param {number[]} ids @returns {Promise<void>} */
  removeImages(ids) {
    return this.#bridge.call({ type: "removeImages", ids: [...ids] });
  }

  /** Gives a class another name; two classes of one name become one. @param {string} from @param {string} to @returns {Promise<void>} */
  renameClass(from, to) {
    return this.#bridge.call({ type: "renameClass", from, to });
  }

  /** Ids of images that look alike, group by group: copies, crops and near-duplicates. The split keeps each on one side. @returns {Promise<number[][]>} */
  groups() {
    return this.#bridge.call({ type: "groups" });
  }

  /** Keeps images on one side of the split though they need not look alike: the burst of a camera. @param {number[]} ids @returns {Promise<void>} */
  keepTogether(ids) {
    return this.#bridge.call({ type: "keepTogether", ids: [...ids] });
  }

  /** What to say before training, such as a class with one image; `blocking` ones make `fit` reject. @returns {Promise<Check[]>} */
  checks() {
    return this.#bridge.call({ type: "checks" });
  }

  /** Trains the head and gives each epoch as it ends. The best epoch's weights are kept; the generator's return value says which.
   *
   * It ends early and cleanly on `signal`, or when the loop that reads it is left. Starts again with epoch 1 after a
   * notice "device-lost". `onViews` hears how many images have the views that `augment` asks for, before the first epoch; `onImages`,
   * with the input "images", how many of a step's went through the backbone. Rejects with wrong-option, batch-of-one, no-file.
   * @param {Partial<FitOptions> & {signal?: AbortSignal, onViews?: (done: number, total: number) => void, onImages?: (done: number, total: number) => void}} [options]
   * @returns {AsyncGenerator<Epoch, Fitted, void>}
   */
  async *fit({ signal, onViews, onImages, ...given } = {}) {
    if (signal?.aborted) return { bestEpoch: 0, stopped: true };
    const options = withDefaults(given);
    return yield* told((call) => this.#bridge.call({ type: "fit", options }, call), epochsOf(onViews, onImages), signal);
  }

  /** Trains a head with each of the options, in parallel on the CPU, and says what each is worth; the trainer's own head
   * stays as it is. Each is what `fit` would make of these options, whatever the others are.
   *
   * `onRun` hears each as it ends. On `signal` the promise rejects with an AbortError.
   * @param {Iterable<Partial<FitOptions>>} options
   * @param {ManyListeners & {onRun?: (run: Run, index: number) => void, signal?: AbortSignal}} [listeners]
   * @returns {Promise<Run[]>} in the order of the options
   */
  fitMany(options, { onRun, signal, ...listeners } = {}) {
    const all = Array.from(options, withDefaults);
    return this.#bridge.call({ type: "fitMany", options: all }, { signal, onEvent: tellRun(onRun, listeners) });
  }

  /** Cross-validates: every image validates once, with a head that did not learn from it. The folds are stratified and
   * decided by `seed` and the files; near-duplicates are in one fold. As in `fitMany`, the trainer's own head stays.
   *
   * The best epoch of each fold is chosen by its own validation images, so the accuracy is a little optimistic;
   * `restoreBestWeights: false` keeps the last one, which nothing chooses. Rejects with wrong-folds where there are too few images.
   * `network`: on the kept rows of another one of `networks()`, by the SHA-256 of its weights; rejects with no-rows where one is missing.
   * @param {Partial<FitOptions> & ManyListeners & {folds?: number, network?: string, onFold?: (run: Run, fold: number) => void, signal?: AbortSignal}} [options]
   * @returns {Promise<CrossValidation>}
   */
  crossValidate({ folds = 5, network, onFold, onShare, onViews, signal, ...given } = {}) {
    return this.#bridge.call({ type: "crossValidate", folds, network, options: withDefaults(given) }, { signal, onEvent: tellRun(onFold, { onShare, onViews }) });
  }

  /** The networks that the project has feature rows of, the open one first. @returns {Promise<import("../shared/protocol.js").KeptNetwork[]>} */
  networks() {
    return this.#bridge.call({ type: "networks" });
  }

  /** Trains heads side by side under several BatchNorm policies, with the backbone in the loop, and gives what happens as it
   * happens; the last event, "done", has all that was found. The project's own head stays as it is.
   *
   * It ends early on `signal`, with "done" all the same, or when the loop that reads it is left. Rejects with batch-of-one,
   * or as `fit` does.
   * @param {import("./lab_events.js").Options} [options]
   * @returns {AsyncGenerator<import("./lab_events.js").Event, void, void>}
   */
  lab(options = {}) {
    return labEvents((command, call) => this.#bridge.call(command, call), options);
  }

  /** Gives one image another class. Its side of the split stays; the head is as it was until the next `fit`. @param {number} id @param {string} label @returns {Promise<void>} */
  relabel(id, label) {
    return this.#bridge.call({ type: "relabel", id, label });
  }

  /** All images, the label that is most to be doubted first, judged by heads that were trained without the image.
   * @param {{seed?: number, signal?: AbortSignal, onShare?: (done: number) => void}} [options] @returns {Promise<Doubt[]>}
   */
  review({ seed = 1, signal, onShare } = {}) {
    const onEvent = (/** @type {EngineEvent} */ event) => event.type === "share" && onShare?.(event.done);
    return this.#bridge.call({ type: "review", seed }, { signal, onEvent });
  }

  /** Accuracy against the number of training images: a head for each of six parts, each inside the next. Takes the time of
   * two trainings.
   * @param {Partial<FitOptions> & {signal?: AbortSignal, onPoint?: (point: LearningPoint) => void}} [options]
   * @returns {Promise<LearningPoint[]>}
   */
  learningCurve({ signal, onPoint, ...options } = {}) {
    const onEvent = (/** @type {EngineEvent} */ event) => event.type === "point" && onPoint?.(event.point);
    return this.#bridge.call({ type: "learningCurve", options: withDefaults(options) }, { signal, onEvent });
  }

  /** Holds training after the epoch under way, and adding after the images under way. */
  pause() {
    this.#bridge.call({ type: "pause" }).catch(() => {}); // a dead worker fails `fit`, which is where it is told
  }

  /** Goes on with what was paused. */
  resume() {
    this.#bridge.call({ type: "resume" }).catch(() => {});
  }

  /** What the trained head is worth on the validation images. Rejects with no-model before training. @returns {Promise<Report>} */
  evaluate() {
    return this.#bridge.call({ type: "evaluate" });
  }

  /** Classifies one picture, best class first: with the trained head, before that with the one that a Teachable Machine
   * export brought (`info.classes`). It is seen as the head was trained to see, unless `fit` says otherwise.
   * Rejects as a file is rejected, or with no-model where there is no head.
   * @param {Blob} file @param {{fit?: import("./fit_calls.js").ImageFit, signal?: AbortSignal}} [options] @returns {Promise<Prediction[]>}
   */
  predict(file, { fit, signal } = {}) {
    return this.#bridge.call({ type: "predict", name: nameOf(file), file, ...(fit && { fit: textOfFit(fit) }) }, { signal });
  }

  /** The layers with their shapes and parameters, backbone and head. @param {{head?: import("../shared/protocol.js").Head, hidden?: number[], numClasses: number}} options @returns {Promise<Summary>} */
  summary({ head = "mlp", hidden, numClasses }) {
    return this.#bridge.call({ type: "summary", options: { head, ...(hidden && { hidden }) }, numClasses });
  }

  /** What was trained, as a file, or the whole kept project, with its `images` unless they are left out. `pictures`: the zips (bundle,
   * pytorch, tfjs) hold three of the validation images besides the drawn samples.
   * @param {import("../shared/protocol.js").ExportKind} kind @param {{images?: boolean, pictures?: boolean}} [options] @returns {Promise<Blob>}
   */
  export(kind, { images = true, pictures = false } = {}) {
    return this.#bridge.call({ type: "export", kind, images, pictures });
  }

  /** Takes an exported head, alone or in its zip, in place of the trained one; the next `fit` of its kind goes on from it. What is
   * refused (weights-invalid, other-backbone) changes nothing. @param {File} file @returns {Promise<import("./fit_calls.js").Opened>}
   */
  openHead(file) {
    return this.#bridge.call({ type: "openHead", name: file.name, file }).then(openedFrom);
  }

  /** What the workers asked for over the network so far; the page's own is in `performance`. @returns {Promise<import("../shared/requests.js").NetworkRequest[]>} */
  requests() {
    return this.#bridge.call({ type: "requests" });
  }

  /** What the kept project had when it was opened. @returns {Promise<Contents>} */
  contents() {
    return contentsFrom(this.#bridge);
  }

  /** Writes what is not yet kept, and tries again where the disk was full. @returns {Promise<void>} */
  flush() {
    return this.#bridge.call({ type: "flush" });
  }

  /** Keeps what is left to keep, then ends as `free` does. */
  async close() {
    await this.#bridge.call({ type: "close" }).catch(() => {}); // a dead worker keeps nothing
    this.free();
  }

  /** Ends the workers and releases the device. Calls that still wait reject with code "closed". */
  free() {
    this.#bridge.close();
  }
}
