// Reads a project's images, each with its row where that is known.
import { rowKey } from "./database.js";

/** @typedef {Pick<import("./keeper.js").Keeper, "database" | "project" | "source">} Place */
/** @typedef {{record: import("./database.js").ImageRecord, features: Float32Array | undefined}} KeptImage */

/** Images that are read at once: the rows of ten thousand take 51 MB. */
const PORTION = 500;

/** All of them, as they are at one moment; or at most so many, of those after `id`. @param {Place} place @param {number} [most] @param {number} [id] @returns {Promise<KeptImage[]>} */
export async function keptImages({ database, project, source }, most, id = -1) {
  const range = IDBKeyRange.bound([project.id, id], [project.id, []], true);
  const records = await database.getAll("images", range, most);
  const rows = database.transaction("rows").store;
  return Promise.all(records.map(async (record) => ({ record, features: await rows.get(rowKey(source, record.sha256, record.fit)) })));
}

/** All of them, a portion at a time; the next is read while one is used. @param {Place} place */
export async function* inPortions(place) {
  for (let next = keptImages(place, PORTION); ;) {
    const images = await next;
    if (images.length > 0) yield images;
    if (images.length < PORTION) return;
    next = keptImages(place, PORTION, images[images.length - 1].record.id);
    next.catch(() => {}); // awaited above
  }
}
