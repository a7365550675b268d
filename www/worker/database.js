// The database of kept projects: its stores, their versions, and what a delete leaves for others. IndexedDB alone, no OPFS:
// one transaction then holds for an image, its file and its feature row together, and Chromium, Firefox and Safari keep
// large blobs as files of their own anyway.
import { deleteDB, openDB } from "../vendor/idb.esm.js";
import { Failure } from "../shared/failure.js";

/** `owner`: the session that may write. `deleted`: when, 0 where it is not; it can be undone until the next start.
 * `nextId`: of images; none is used twice.
 * @typedef {{
 *   id: string, name: string, created: number, opened: number, changed: number, deleted: number,
 *   owner: string, nextId: number, images: number, bytes: number,
 * }} ProjectRecord
 */
/** `file`: key of the file as it was given; 0 where there is none. `fingerprint`, `looksLike`: null where not known. `fit`: what the
 * row and the thumbnail are of, where it is not the centre.
 * @typedef {{
 *   project: string, id: number, name: string, label: string, sha256: string, file: number,
 *   fingerprint: string | null, looksLike: number | null,
 *   width: number, height: number, unusualDecoder: boolean, thumbnail: Uint8Array<ArrayBuffer>, fit?: string,
 * }} ImageRecord
 */
/** A file that was given and not yet looked at. @typedef {{project: string, at: number, name: string, label: string, file: number, fit?: string}} WaitingRecord */
/** What else a feature row depends on. @typedef {{weights: string, preprocessing: number, policy: string}} RowSource */
/** SHA-256 of the file, SHA-256 of the weights, version of the preprocessing and the fit where it is not the centre, policy.
 * @typedef {[string, string, number | string, string]} RowKey
 */
/** What else belongs to a project: `saved`, `colours`, `head …`, `checkpoint …`, the latter two by what a row depends on; `network …`.
 * @typedef {{project: string, part: string, value: unknown}} PartRecord
 */
/**
 * @typedef {{
 *   projects: {key: string, value: ProjectRecord},
 *   images: {key: [string, number], value: ImageRecord, indexes: {file: number, sha256: string}},
 *   files: {key: number, value: Blob},
 *   rows: {key: RowKey, value: Float32Array},
 *   waiting: {key: [string, number], value: WaitingRecord, indexes: {file: number}},
 *   parts: {key: [string, string], value: PartRecord},
 * }} Schema
 */
/** @typedef {import("../vendor/idb.esm.js").IDBPDatabase<Schema>} Database */
/** @typedef {"projects" | "images" | "files" | "rows" | "waiting" | "parts"} Store */
/** @typedef {import("../vendor/idb.esm.js").IDBPTransaction<Schema, Store[], "readwrite">} Write */

const NAME = "headstart-projects";
/** @type {Store[]} */
export const STORES = ["projects", "images", "files", "rows", "waiting", "parts"];

/** From each version to the next; the first makes the database. What is kept is never thrown away by one.
 * @type {((database: Database, tx: import("../vendor/idb.esm.js").IDBPTransaction<Schema, Store[], "versionchange">) => void | Promise<void>)[]}
 */
const MIGRATIONS = [
  (database) => {
    database.createObjectStore("projects", { keyPath: "id" });
    const images = database.createObjectStore("images", { keyPath: ["project", "id"] });
    images.createIndex("file", "file");
    images.createIndex("sha256", "sha256");
    database.createObjectStore("files", { autoIncrement: true });
    database.createObjectStore("rows");
  },
  // Files on their way in, heads and checkpoints.
  (database) => {
    database.createObjectStore("waiting", { keyPath: ["project", "at"] }).createIndex("file", "file");
    database.createObjectStore("parts", { keyPath: ["project", "part"] });
  },
  // What near-duplicates are known by.
  async (_, tx) => {
    for (let cursor = await tx.objectStore("images").openCursor(); cursor; cursor = await cursor.continue()) {
      await cursor.update({ ...cursor.value, fingerprint: null, looksLike: null });
    }
  },
];

/** Rejects with `not-kept` where the browser keeps nothing, and with `newer` where a later headstart wrote the database.
 * @param {() => void} onClosed another tab needs the database at a later version
 * @returns {Promise<Database>}
 */
export async function openDatabase(onClosed) {
  if (!("indexedDB" in self)) throw notKept("it has no IndexedDB");
  try {
    /** @type {Database} */
    const database = await openDB(NAME, MIGRATIONS.length, {
      upgrade: async (database, from, _, tx) => {
        for (const migrate of MIGRATIONS.slice(from)) await migrate(database, tx);
      },
      blocking: () => {
        database.close();
        onClosed();
      },
      terminated: onClosed,
    });
    return database;
  } catch (error) {
    const { name, message } = /** @type {DOMException} */ (error);
    if (name === "VersionError") throw new Failure("newer", "Your projects were kept by a newer headstart. Reload the page; until then nothing is kept.");
    throw notKept(message || name);
  }
}

/** @param {string} why */
const notKept = (why) => new Failure("not-kept", `This browser keeps nothing for the page (${why}), so the project ends when the page is closed.`);

/** @param {RowSource} source @param {string} sha256 @param {string} [fit] @returns {RowKey} */
export const rowKey = ({ weights, preprocessing, policy }, sha256, fit = "crop") =>
  [sha256, weights, fit === "crop" ? preprocessing : `${preprocessing} ${fit}`, policy];

/** All keys of one project in a store whose keys begin with it. @param {string} project */
export const ofProject = (project) => IDBKeyRange.bound([project], [project, []]);

/** What a network is called, and how long the file of its weights is. @typedef {{name: string, bytes: number}} Network */

/** Beginning of the part that says so; the SHA-256 of the weights follows. */
export const NETWORK = "network ";

/** Keeps what the network is called whose rows a project has. @param {Write} tx @param {string} project @param {{weights: string, network: Network}} source */
export const putNetwork = (tx, project, { weights, network }) => tx.objectStore("parts").put({ project, part: NETWORK + weights, value: network });

/** Deletes a file that neither an image nor a waiting one has any more. @param {Write} tx @param {number} file */
export async function dropFile(tx, file) {
  if (file === 0) return;
  const [images, waiting] = await Promise.all([tx.objectStore("images").index("file").count(file), tx.objectStore("waiting").index("file").count(file)]);
  if (images + waiting === 0) await tx.objectStore("files").delete(file);
}

/** Deletes the rows of a picture that no project has any more. @param {Write} tx @param {string} sha256 */
export async function dropRows(tx, sha256) {
  const others = await tx.objectStore("images").index("sha256").count(sha256);
  if (others === 0) await tx.objectStore("rows").delete(IDBKeyRange.bound([sha256], [sha256, []]));
}

/** Takes an image out of its project, with what nobody else needs. @param {Write} tx @param {ProjectRecord} project @param {number} id */
export async function dropImage(tx, project, id) {
  const image = await tx.objectStore("images").get([project.id, id]);
  if (!image) return;
  await tx.objectStore("images").delete([project.id, id]);
  project.bytes -= (await tx.objectStore("files").get(image.file))?.size ?? 0;
  project.images--;
  await dropFile(tx, image.file);
  await dropRows(tx, image.sha256);
}

/** Deletes a project with all that nobody else needs. @param {Write} tx @param {string} id */
export async function dropProject(tx, id) {
  const range = ofProject(id);
  const images = await tx.objectStore("images").getAll(range);
  const waiting = await tx.objectStore("waiting").getAll(range);
  for (const store of /** @type {const} */ (["images", "waiting", "parts"])) await tx.objectStore(store).delete(range);
  for (const { file } of [...images, ...waiting]) await dropFile(tx, file);
  for (const { sha256 } of images) await dropRows(tx, sha256);
  await tx.objectStore("projects").delete(id);
}

/** Everything, for good. */
export const deleteDatabase = () => deleteDB(NAME);
