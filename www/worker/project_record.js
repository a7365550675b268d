// A project's record: made, chosen among those that are kept, deleted for good.
import { STORES, dropProject } from "./database.js";

/** @typedef {import("../shared/protocol.js").ProjectChoice} ProjectChoice */
/** @typedef {import("./database.js").Database} Database */
/** @typedef {import("./database.js").ProjectRecord} ProjectRecord */

/** Deleted projects can be brought back so long. */
const UNDO_MS = 10 * 60 * 1000;
const UNTITLED = "Untitled project";

/** @param {Database} database @param {ProjectChoice} choice @returns {Promise<ProjectRecord>} */
export async function chosen(database, { id, name = UNTITLED, recent, fresh }) {
  const known = (await database.getAll("projects")).filter((project) => project.deleted === 0);
  known.sort((a, b) => b.opened - a.opened);
  const byName = fresh ? undefined : known.find((project) => project.name === name);
  const found = id ? known.find((project) => project.id === id) : recent ? known[0] : byName;
  return { ...(found ?? freshProject(name)), owner: randomId() };
}

/** @param {string} name @returns {ProjectRecord} */
export function freshProject(name) {
  const now = Date.now();
  return { id: randomId(), name, created: now, opened: now, changed: now, deleted: 0, owner: "", nextId: 0, images: 0, bytes: 0 };
}

/** `crypto.randomUUID` is missing on a page without https. */
const randomId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Deletes for good what can no longer be brought back. @param {Database} database */
export async function purge(database) {
  const old = (await database.getAll("projects")).filter(({ deleted }) => deleted > 0 && deleted < Date.now() - UNDO_MS);
  if (old.length === 0) return;
  const tx = database.transaction(STORES, "readwrite");
  for (const { id } of old) await dropProject(tx, id);
  await tx.done;
}
