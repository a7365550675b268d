// Keeps one project on this device as it changes, and gives it back after the page was closed. Knows no wasm: the session
// hands it what is to be kept.
import { Failure } from "../shared/failure.js";
import { NETWORK, dropFile, dropImage, ofProject, openDatabase, putNetwork, rowKey } from "./database.js";
import { holdProject } from "./project_lock.js";
import { chosen, purge } from "./project_record.js";
import { READ_ONLY, told } from "./saving.js";
import { Writer } from "./writer.js";

/** @typedef {import("../shared/protocol.js").Kept} Kept */
/** @typedef {import("../shared/protocol.js").ProjectChoice} ProjectChoice */
/** @typedef {import("./database.js").Database} Database */
/** @typedef {import("./database.js").ImageRecord} ImageRecord */
/** @typedef {import("./database.js").ProjectRecord} ProjectRecord */
/** @typedef {import("./database.js").RowSource & {network: import("./database.js").Network}} RowSource */
/** A file that was given: kept before it is looked at, so that a closed page can go on with it.
 * `file`: its key, once it is kept. `fit`: what is seen of it, where that is known.
 * @typedef {{at: number, name: string, label: string, blob: Blob, isOver: boolean, id?: number, file?: number, fit?: string}} Ticket
 */
/** @typedef {Omit<ImageRecord, "project" | "file">} NewImage */
/** @typedef {{saved: string, head?: Uint8Array, fit?: unknown}} Trained `fit`: its options and history */
/** @typedef {"saved" | "colours" | "head" | "checkpoint"} Part */

export class Keeper {
  /** @type {Database} */
  database;
  /** @type {ProjectRecord} */
  project;
  /** @type {RowSource} */
  source;
  /** @type {Writer} */
  #writer;
  /** @type {(kept: Kept) => void} */
  #onKept;
  /** @type {import("./project_lock.js").Held | null} */
  #held = null;
  #nextAt = 1;
  /** Space that the page may take and has taken. @type {{usage?: number, quota?: number}} */
  #space = {};

  /** Opens the project that was chosen; a new one is written at its first change. The database opens while `source` is on its way.
   * @param {ProjectChoice} choice @param {Promise<RowSource>} source @param {(kept: Kept) => void} onKept
   */
  static async open(choice, source, onKept) {
    source.catch(() => {}); // awaited below
    /** @type {Keeper | undefined} */
    let keeper;
    const database = await openDatabase(() => keeper?.lose());
    await purge(database);
    const project = await chosen(database, choice);
    keeper = new Keeper(database, project, await source, onKept);
    await keeper.#hold(choice.takeOver ?? false);
    return keeper;
  }

  /** @param {Database} database @param {ProjectRecord} project @param {RowSource} source @param {(kept: Kept) => void} onKept @param {Writer} [writer] */
  constructor(database, project, source, onKept, writer) {
    this.database = database;
    this.project = project;
    this.source = source;
    this.#onKept = onKept;
    this.#writer = writer ?? new Writer(database, project, () => void this.tell());
  }

  /** Throws where another tab has the project. */
  assertWritable() {
    if (this.#writer.state === "lost") throw new Failure("read-only", READ_ONLY);
  }

  /** What the page should know now. @returns {Kept} */
  get kept() {
    return { ...told(this.#writer.state), id: this.project.id, name: this.project.name, ...this.#space };
  }

  /** Tells the page, with the space that is left. */
  async tell() {
    this.#onKept(this.kept);
    if (this.#writer.state === "saving") return;
    const { usage, quota } = await (navigator.storage?.estimate?.() ?? Promise.resolve({})).catch(() => ({ usage: undefined, quota: undefined }));
    this.#space = { usage, quota };
    this.#onKept(this.kept);
  }

  /** @param {boolean} takeOver */
  async #hold(takeOver) {
    const onWanted = async () => {
      await this.#writer.flush();
      this.lose();
    };
    this.#held = await holdProject(this.project.id, { takeOver, onWanted, onLost: () => this.lose() });
    if (!this.#held) return this.lose();
    const tx = this.database.transaction("projects", "readwrite");
    const record = await tx.store.get(this.project.id);
    if (record) await tx.store.put(Object.assign(this.project, record, { owner: this.project.owner, opened: Date.now() }));
    await tx.done;
  }

  /** Writes nothing from now on. */
  lose() {
    this.#writer.lose();
  }

  /** Writes what waits; tries again where the disk was full. */
  async flush() {
    await this.#writer.retry();
    await this.#writer.flush();
  }

  /** The same project with the rows of another backbone: what waits is written first, the lock and the writer stay.
   * @param {RowSource} source @returns {Promise<Keeper>}
   */
  async withSource(source) {
    await this.flush();
    this.assertWritable();
    if (this.#writer.state === "full") throw new Failure("full", this.kept.message);
    const record = await this.database.get("projects", this.project.id);
    this.project.nextId = record?.nextId ?? this.project.nextId;
    if (record) await this.#writer.write(async (tx) => void (await putNetwork(tx, this.project.id, this.source)));
    const other = new Keeper(this.database, this.project, source, this.#onKept, this.#writer);
    other.#held = this.#held;
    return other;
  }

  /** Lets another tab have the project. */
  async close() {
    await this.#writer.flush();
    this.#held?.release();
    this.database.close();
  }

  /** Files that were given and not looked at before the page was closed. */
  async waiting() {
    const records = await this.database.getAll("waiting", ofProject(this.project.id));
    this.#nextAt = Math.max(this.#nextAt, (records.at(-1)?.at ?? 0) + 1);
    return records;
  }

  /** @param {number} key @returns {Promise<Blob | undefined>} */
  file(key) {
    return this.database.get("files", key);
  }

  /** What was computed of a file before. @param {string} sha256 @param {string} fit @returns {Promise<Float32Array | undefined>} */
  row(sha256, fit) {
    return this.database.get("rows", rowKey(this.source, sha256, fit));
  }

  /** What is known of a training. @param {Part} part @returns {Promise<any>} as it was given */
  async part(part) {
    return (await this.database.get("parts", [this.project.id, this.#partName(part)]))?.value;
  }

  /** Keeps a file before it is looked at. @param {import("../shared/protocol.js").Item} item @returns {Ticket} */
  expect({ name, label, file, fit }) {
    /** @type {Ticket} */
    const ticket = { at: this.#nextAt++, name, label, blob: file.slice(0, file.size, file.type), fit, isOver: false };
    let key = 0;
    const written = this.#writer.write(async (tx) => {
      if (ticket.isOver) return;
      key = Number(await tx.objectStore("files").add(ticket.blob));
      await tx.objectStore("waiting").put({ project: this.project.id, at: ticket.at, name, label, file: key, ...(fit && { fit }) });
    }, { bytes: file.size, isUrgent: false });
    written.then(() => key > 0 && (ticket.file = key), () => {}); // not kept, the image brings the file itself
    return ticket;
  }

  /** The ticket's file has become an image. @param {Ticket} ticket @param {NewImage} image @param {Float32Array} features */
  enter(ticket, { fit, ...rest }, features) {
    ticket.isOver = true;
    const image = { ...rest, ...(fit !== "crop" && { fit }) };
    this.#writer.write(async (tx, project) => {
      const known = ticket.id === undefined ? undefined : await tx.objectStore("images").get([project.id, ticket.id]);
      const file = known?.file ?? (await this.#takeFile(tx, ticket));
      const row = tx.objectStore("rows").put(features, rowKey(this.source, image.sha256, fit));
      await Promise.all([row, tx.objectStore("images").put({ ...image, project: project.id, file }), putNetwork(tx, project.id, this.source)]);
      project.nextId = Math.max(project.nextId, image.id + 1);
      project.images += known ? 0 : 1;
      project.bytes += known ? 0 : ticket.blob.size;
    }, { bytes: ticket.blob.size });
  }

  /** @param {import("./database.js").Write} tx @param {Ticket} ticket */
  async #takeFile(tx, { at, blob, file }) {
    if (blob.size === 0) return 0; // a feature row without its picture
    const waiting = file === undefined ? await tx.objectStore("waiting").get([this.project.id, at]) : { file };
    if (!waiting) return Number(await tx.objectStore("files").add(blob));
    await tx.objectStore("waiting").delete([this.project.id, at]);
    return waiting.file;
  }

  /** The ticket's file was left out. @param {Ticket} ticket */
  discard(ticket) {
    ticket.isOver = true;
    this.#writer.write(async (tx) => {
      const key = /** @type {[string, number]} */ ([this.project.id, ticket.at]);
      const waiting = await tx.objectStore("waiting").get(key);
      await tx.objectStore("waiting").delete(key);
      if (waiting) await dropFile(tx, waiting.file);
    });
  }

  /** `saved`: what holds without them. @param {number[]} ids @param {string} saved */
  removeImages(ids, saved) {
    return this.#writer.write(async (tx, project) => {
      for (const id of ids) await dropImage(tx, project, id);
      await tx.objectStore("parts").put({ project: project.id, part: "saved", value: saved });
      await tx.objectStore("parts").delete([project.id, this.#partName("checkpoint")]);
    });
  }

  /** An image shows something else of its picture. @param {number} id @param {string} sha256 @param {{fit: string, thumbnail: Uint8Array<ArrayBuffer>}} seen @param {Float32Array} features */
  refit(id, sha256, { fit, thumbnail }, features) {
    return this.#writer.write(async (tx, project) => {
      const known = await tx.objectStore("images").get([project.id, id]);
      await tx.objectStore("rows").put(features, rowKey(this.source, sha256, fit));
      if (known) await tx.objectStore("images").put({ ...known, thumbnail, fit: fit === "crop" ? undefined : fit });
    }, { bytes: thumbnail.length });
  }

  /** @param {number} id @param {string} label */
  relabel(id, label) {
    return this.#writer.write(async (tx, project) => {
      const image = await tx.objectStore("images").get([project.id, id]);
      if (image) await tx.objectStore("images").put({ ...image, label });
      await tx.objectStore("parts").delete([project.id, this.#partName("checkpoint")]);
    });
  }

  /** @param {string} name */
  rename(name) {
    return this.#writer.write((_, project) => void (project.name = name));
  }

  /** `head`: the trained head with the new name. @param {string} from @param {string} to @param {Trained} trained */
  renameClass(from, to, trained) {
    return this.#writer.write(async (tx, project) => {
      for (const store of /** @type {const} */ (["images", "waiting"])) {
        for (let cursor = await tx.objectStore(store).openCursor(ofProject(project.id)); cursor; cursor = await cursor.continue()) {
          if (cursor.value.label === from) await cursor.update({ ...cursor.value, label: to });
        }
      }
      await this.#putTrained(tx, trained);
      // Heads and checkpoints of other backbones have the old name.
      const current = ["saved", "colours", this.#partName("head")];
      for (const key of await tx.objectStore("parts").getAllKeys(ofProject(project.id))) {
        if (!current.includes(key[1]) && !key[1].startsWith(NETWORK)) await tx.objectStore("parts").delete(key);
      }
    });
  }

  /** A training has ended. @param {Trained} trained */
  keepTrained(trained) {
    return this.#writer.write((tx) => this.#putTrained(tx, trained));
  }

  /** @param {import("./database.js").Write} tx @param {Trained} trained */
  async #putTrained(tx, { saved, head, fit }) {
    const parts = tx.objectStore("parts");
    const put = (/** @type {"saved" | "head"} */ part, /** @type {unknown} */ value) =>
      parts.put({ project: this.project.id, part: this.#partName(part), value });
    await put("saved", saved);
    const old = /** @type {any} */ ((await parts.get([this.project.id, this.#partName("head")]))?.value);
    if (head) await put("head", { bytes: head, saved, fit: fit ?? old?.fit });
    await parts.delete([this.project.id, this.#partName("checkpoint")]);
  }

  /** @param {import("../shared/kept.js").ClassColour[]} colours */
  keepColours(colours) {
    return this.#writer.write(async (tx, { id: project }) => void (await tx.objectStore("parts").put({ project, part: "colours", value: colours })));
  }

  /** A training is on its way. @param {{bytes: Uint8Array, saved: string, fit: unknown}} checkpoint */
  keepCheckpoint({ bytes, saved, fit }) {
    return this.#writer.write(async (tx, { id: project }) => {
      await tx.objectStore("parts").put({ project, part: "saved", value: saved });
      await tx.objectStore("parts").put({ project, part: this.#partName("checkpoint"), value: { bytes, fit } });
    }, { bytes: bytes.length });
  }

  /** Sides and colours hold for all rows, a head for those it was trained on. @param {Part} part */
  #partName(part) {
    return part === "saved" || part === "colours" ? part : `${part} ${sourceName(this.source)}`;
  }
}

/** @param {Omit<RowSource, "network">} source */
export const sourceName = ({ weights, preprocessing, policy }) => `${weights} ${preprocessing} ${policy}`;
