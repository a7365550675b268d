// A session's project on this device: put back when it is opened, written as it changes, trainings with checkpoints.
import { failureFrom } from "../shared/failure.js";
import { Keeper } from "./keeper.js";
import { inPortions, keptImages } from "./kept_images.js";
import { withHead } from "./kept_text.js";

/** @typedef {import("../shared/protocol.js").EngineNotice} EngineNotice */
/** @typedef {import("../shared/protocol.js").Epoch} Epoch */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** @typedef {import("../shared/protocol.js").KeptFit} KeptFit */
/** @typedef {import("./database.js").ImageRecord} ImageRecord */
/** @typedef {import("./keeper.js").Ticket} Ticket */
/** @typedef {import("./keeper.js").Trained} Trained */
/** @typedef {import("./project.js").Project} Project */
/** `sha256`: of weights that a user brought. @typedef {{project: Project, crew: {spec: Promise<import("../shared/protocol.js").Spec>}, sha256?: string, weights: Promise<Blob>}} Session */

/** Of the backbone, for the rows' key: stored statistics. */
const POLICY = "stored";
/** Between two checkpoints, at least; and of the time, writing them takes a twentieth at most. */
const CHECKPOINT_MS = 1000;
const CHECKPOINT_SHARE = 20;
/** Images in one message: the page takes 10 µs for each, and answers nobody meanwhile. */
const TOLD_AT_ONCE = 1000;

/** Opens the project that was asked for. A browser that keeps nothing is told of, and the session goes on without.
 * @param {Session} session
 * @param {import("../shared/protocol.js").ProjectChoice | undefined} choice
 * @param {(notice: EngineNotice) => void} onNotice
 */
export async function keepProject(session, choice, onNotice) {
  if (!choice) return undefined;
  try {
    const keeper = await Keeper.open(choice, sourceOf(session), (kept) => onNotice({ kept }));
    const keeping = new Keeping(keeper);
    await keeping.restore(session.project);
    void keeper.tell();
    return keeping;
  } catch (error) {
    const { message, cause } = failureFrom(error, "opening the project");
    if (cause) console.warn(cause);
    onNotice({ kept: { state: "none", id: "", name: "", message } });
    return undefined;
  }
}

/** Weights that a user brought go by their own hash. @param {Session} session @returns {Promise<import("./keeper.js").RowSource>} */
export async function sourceOf({ crew, sha256, weights }) {
  const { preprocessing, name, ...builtIn } = await crew.spec;
  const network = { name, bytes: sha256 ? (await weights).size : builtIn.bytes };
  return { weights: sha256 ?? builtIn.sha256, preprocessing, policy: POLICY, network };
}

export class Keeping {
  /** @type {Keeper} */
  keeper;
  /** @type {import("../shared/kept.js").ContentsButImages} */
  #contents = { waiting: [], trained: null, unfinished: null, threshold: 0, colours: [] };
  /** Of those whose rows are known. @type {number[]} */
  #ids = [];
  /** Until somebody has asked for them: the thumbnails of ten thousand take 35 MB. @type {import("../shared/protocol.js").ToldImage[] | undefined} */
  #images;
  /** Images whose rows are not known for this backbone and preprocessing. @type {ImageRecord[]} */
  #missing = [];

  /** @param {Keeper} keeper */
  constructor(keeper) {
    this.keeper = keeper;
  }

  /** Whether it had images, and all their rows: nothing has to be computed before they are of use. */
  get isComplete() {
    return this.#ids.length > 0 && this.waiting === 0;
  }

  /** Files that `resumeAdding` goes on with. */
  get waiting() {
    return this.#contents.waiting.length;
  }

  /** What the project had when it was opened: the images by events, the rest by the answer. @param {import("./answer.js").Call<import("../shared/protocol.js").EngineEvent>} call */
  async contents(call) {
    const images = this.#images ?? (await this.#imagesAgain());
    this.#images = undefined;
    for (let at = 0; at < images.length; at += TOLD_AT_ONCE) call.emit({ type: "kept", images: images.slice(at, at + TOLD_AT_ONCE) });
    return this.#contents;
  }

  /** As they are now, without those that were removed. */
  async #imagesAgain() {
    const ids = new Set(this.#ids);
    return (await keptImages(this.keeper)).filter(({ record }) => ids.has(record.id)).map(({ record }) => imageOf(record));
  }

  /** The project goes on in a session with another backbone; the lock on it stays. Where this rejects, nothing has changed.
   * @param {Session} session @returns {Promise<Keeping>}
   */
  async handOver(session) {
    const keeping = new Keeping(await this.keeper.withSource(await sourceOf(session)));
    await keeping.restore(session.project);
    return keeping;
  }

  /** @param {Project} project */
  async restore(project) {
    const waiting = await this.keeper.waiting();
    const [saved, head, checkpoint] = await Promise.all([this.keeper.part("saved"), this.keeper.part("head"), this.keeper.part("checkpoint")]);
    const trained = saved === undefined ? undefined : { saved: withHead(saved, head?.saved), head: head?.bytes };
    const isWhole = await project.restore(this.keeper.project.nextId, trained).then(() => true, (error) => {
      if (Object(error).code !== "weights-invalid") throw error;
      console.warn(error); // the images are what counts; the head can be trained anew
      return false;
    });
    this.#images = [];
    for await (const images of inPortions(this.keeper)) await this.#restoreImages(project, images, this.#images);
    this.#contents = {
      waiting: [...this.#missing, ...waiting].map(({ name, label }) => ({ name, label })),
      trained: (isWhole && head?.fit) || null,
      unfinished: checkpoint?.fit ?? null,
      threshold: (isWhole && trained?.head && thresholdOf(trained.saved)) || 0,
      colours: (await this.keeper.part("colours")) ?? [],
    };
  }

  /** @param {Project} project @param {import("./kept_images.js").KeptImage[]} images @param {import("../shared/protocol.js").ToldImage[]} told */
  async #restoreImages(project, images, told) {
    const opener = (/** @type {number} */ file) => (file === 0 ? undefined : () => this.keeper.file(file));
    const known = images.flatMap(({ record, features }) => (features ? [{ ...record, features, open: opener(record.file) }] : []));
    this.#missing.push(...images.filter(({ record, features }) => !features && record.file !== 0).map(({ record }) => record));
    await project.restoreImages(known, Math.max(...images.map(({ record }) => record.id + 1)));
    told.push(...known.map(imageOf));
    this.#ids.push(...known.map(({ id }) => id));
  }

  /** The files that `resumeAdding` goes on with: first the images that lack their row. @returns {Promise<Ticket[]>} */
  async tickets() {
    const missing = this.#missing.splice(0).map(({ id, name, label, file, fit = "crop" }) => ({ id, at: 0, name, label, file, fit }));
    /** @type {Ticket[]} */
    const tickets = [];
    for (const { file, ...rest } of [...missing, ...(await this.keeper.waiting())]) {
      const blob = await this.keeper.file(file);
      if (blob) tickets.push({ ...rest, blob, isOver: false });
    }
    return tickets;
  }

  /** A training begins; one with the options of a checkpoint goes on from it. `emit` tells the epochs before that.
   * @param {FitOptions} options @param {(epoch: Epoch) => void} emit
   */
  async startFit(options, emit) {
    const kept = await this.keeper.part("checkpoint");
    const isSame = JSON.stringify(kept?.fit.options) === JSON.stringify(options);
    return new KeptRun(this.keeper, options, emit, isSame ? kept : undefined);
  }
}

class KeptRun {
  /** From which the run goes on. @type {Uint8Array | undefined} */
  checkpoint;
  /** @type {Keeper} */
  #keeper;
  /** @type {FitOptions} */
  #options;
  /** Those before the checkpoint. @type {Epoch[]} */
  #before;
  /** @type {Epoch[]} */
  #history = [];
  /** @type {(epoch: Epoch) => void} */
  #emit;
  #isWriting = false;
  #due = performance.now() + CHECKPOINT_MS;

  /** @param {Keeper} keeper @param {FitOptions} options @param {(epoch: Epoch) => void} emit @param {{bytes: Uint8Array, fit: KeptFit}} [kept] */
  constructor(keeper, options, emit, kept) {
    this.#keeper = keeper;
    this.#options = options;
    this.#emit = emit;
    this.#before = kept?.fit.history ?? [];
    this.checkpoint = kept?.bytes;
  }

  /** @param {Epoch} epoch */
  note(epoch) {
    if (epoch.epoch === 1) this.#history = [];
    else if (this.#history.length === 0) this.#tellBefore(epoch.epoch - 1);
    this.#history.push(epoch);
  }

  /** @param {number} count */
  #tellBefore(count) {
    this.#history = this.#before.slice(0, count);
    this.#history.forEach(this.#emit);
  }

  /** Whether it is time for a checkpoint. */
  isDue() {
    return !this.#isWriting && performance.now() >= this.#due;
  }

  /** @param {Uint8Array} bytes @param {string} saved */
  async save(bytes, saved) {
    this.#isWriting = true;
    const start = performance.now();
    await this.#keeper.keepCheckpoint({ bytes, saved, fit: this.#fit() }).catch(() => {}); // the next one may go
    const end = performance.now();
    this.#isWriting = false;
    this.#due = end + Math.max(CHECKPOINT_MS, CHECKPOINT_SHARE * (end - start));
  }

  /** @param {Trained} trained */
  end(trained) {
    if (this.#history.length === 0) this.#tellBefore(this.#before.length);
    this.#keeper.keepTrained({ ...trained, fit: this.#fit() });
  }

  /** @returns {KeptFit} */
  #fit() {
    return { options: this.#options, history: [...this.#history] };
  }
}

/** Of a head that took what was kept of it. @param {string} saved @returns {number} */
const thresholdOf = (saved) => Math.min(1, Math.max(0, JSON.parse(saved).kept?.threshold ?? 0));

/** @param {ImageRecord} record @returns {import("../shared/protocol.js").ToldImage} */
function imageOf({ id, name, label, width, height, thumbnail, unusualDecoder, looksLike, fit = "crop" }) {
  const image = { id, name, label, width, height, jpeg: thumbnail, fit };
  return { ...image, ...(unusualDecoder && { unusualDecoder }), ...(looksLike !== null && { looksLike }) };
}
