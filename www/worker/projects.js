// The list of kept projects: rename, duplicate, delete and bring back.
import { Failure } from "../shared/failure.js";
import { STORES, ofProject } from "./database.js";
import { freshProject } from "./project_record.js";

/** @typedef {import("../shared/protocol.js").ProjectEntry} ProjectEntry */
/** @typedef {import("./database.js").ProjectRecord} ProjectRecord */
/** @typedef {{keeping?: import("./keeping.js").Keeping}} Session */

/** Those of this browser, the one changed last first. @param {Session} session @returns {Promise<ProjectEntry[]>} */
export async function listProjects(session) {
  const keeper = keeperOf(session);
  const known = (await keeper.database.getAll("projects")).filter(({ deleted }) => deleted === 0);
  return known.sort((a, b) => b.changed - a.changed).map(entryOf);
}

/** @param {Session} session @param {string} id @param {string} name */
export async function renameProject(session, id, name) {
  const keeper = keeperOf(session);
  if (id === keeper.project.id) {
    keeper.assertWritable();
    keeper.project.name = name;
    void keeper.rename(name);
  } else {
    await change(session, id, (project) => ({ ...project, name }));
  }
}

/** Deleted ones stay until the next start, or until the disk is full. @param {Session} session @param {string} id @param {boolean} isDeleted */
export async function deleteProject(session, id, isDeleted) {
  await keeperOf(session).flush();
  await change(session, id, (project) => ({ ...project, deleted: isDeleted ? Date.now() : 0 }));
}

/** Files and rows are shared, so a duplicate takes little room. @param {Session} session @param {string} id @param {string} name */
export async function duplicateProject(session, id, name) {
  const keeper = keeperOf(session);
  await keeper.flush();
  const tx = keeper.database.transaction(STORES, "readwrite");
  const from = await tx.objectStore("projects").get(id);
  if (!from) throw gone();
  const { id: project, ...fresh } = freshProject(name);
  const copy = { ...from, ...fresh, id: project, images: from.images, bytes: from.bytes, nextId: from.nextId };
  await tx.objectStore("projects").put(copy);
  for (const store of /** @type {const} */ (["images", "waiting", "parts"])) {
    const records = await tx.objectStore(store).getAll(ofProject(id));
    await Promise.all(records.map((record) => tx.objectStore(store).put(/** @type {any} */ ({ ...record, project })))); // any: of its own store
  }
  await tx.done;
  return entryOf(copy);
}

/** @param {Session} session @param {string} id @param {(project: ProjectRecord) => ProjectRecord} changed */
async function change(session, id, changed) {
  const tx = keeperOf(session).database.transaction("projects", "readwrite");
  const project = await tx.store.get(id);
  if (project) await tx.store.put(changed(project));
  await tx.done;
}

/** @param {Session} session */
export function keeperOf({ keeping }) {
  if (!keeping) throw new Failure("not-kept", "No project is kept here: the browser keeps nothing, or the trainer was made without a project.");
  return keeping.keeper;
}

/** @param {ProjectRecord} project @returns {ProjectEntry} */
export const entryOf = ({ id, name, images, bytes, changed }) => ({ id, name, images, bytes, changed });

const gone = () => new Failure("no-project", "That project is no longer there. Choose another one.");
