// The networks whose feature rows a kept project has: of each image one row a network, from the time when that network was in
// use. Heads can be compared on them without running one.
import { NETWORK, ofProject, rowKey } from "./database.js";
import { joined } from "./joined.js";
import { sourceOf } from "./keeping.js";

/** @typedef {import("../shared/protocol.js").KeptNetwork} KeptNetwork */
/** @typedef {import("../shared/protocol.js").Material} Material */
/** @typedef {import("./keeper.js").Keeper} Keeper */
/** @typedef {import("./session.js").Session} Session */

/** Those that this project has rows of, the open one first. Rows of an older preprocessing count for none.
 * @param {Session} session @returns {Promise<KeptNetwork[]>}
 */
export async function networksOf(session) {
  const material = await session.project.material();
  const files = filesOf(material);
  const { weights: open, network } = await sourceOf(session);
  const [keeper, total] = [session.keeping?.keeper, files.length];
  /** @type {KeptNetwork} */
  const here = { weights: open, ...network, features: material.rows.length / Math.max(1, total), images: total, missing: 0, isOpen: true };
  if (!keeper) return [here];
  const wanted = new Set(files.map((file) => seenOf(rowOf(keeper.source, file))));
  /** @type {Map<string, Set<string>>} */
  const rows = new Map();
  for (const key of await keeper.database.getAllKeys("rows")) {
    if (wanted.has(seenOf(key))) rows.set(key[1], (rows.get(key[1]) ?? new Set()).add(seenOf(key)));
  }
  const names = new Map();
  for (const { part, value } of await keeper.database.getAll("parts", ofProject(keeper.project.id))) {
    if (part.startsWith(NETWORK)) names.set(part.slice(NETWORK.length), value);
  }
  const others = [...rows].filter(([weights]) => weights !== open).map(async ([weights, known]) => {
    const found = files.map((file) => rowOf({ ...keeper.source, weights }, file)).filter((key) => known.has(seenOf(key)));
    const row = found[0] && (await keeper.database.get("rows", found[0]));
    return { weights, name: "", bytes: 0, ...names.get(weights), features: row?.length ?? 0, images: found.length, missing: total - found.length, isOpen: false };
  });
  return [here, ...(await Promise.all(others)).sort((a, b) => a.name.localeCompare(b.name))];
}

/** What each image's row is made of. @typedef {{sha256: string, fit: string}} Seen */

/** @param {Material} material @returns {Seen[]} */
const filesOf = ({ items }) => items.map(({ sha256, fit }) => ({ sha256: String(sha256), fit: String(fit) }));

/** @param {import("./database.js").RowSource} source @param {Seen} seen */
const rowOf = (source, { sha256, fit }) => rowKey(source, sha256, fit);

/** A row's key without the network. @param {import("./database.js").RowKey} key */
const seenOf = ([sha256, , preprocessing, policy]) => `${sha256} ${preprocessing} ${policy}`;

/** The same images with another network's rows; undefined where one lacks its row.
 * @param {Keeper} keeper @param {Material} material @param {string} weights @returns {Promise<Material | undefined>}
 */
export async function withRowsOf({ database, source }, material, weights) {
  const store = database.transaction("rows").store;
  const rows = await Promise.all(filesOf(material).map((file) => store.get(rowOf({ ...source, weights }, file))));
  const whole = rows.flatMap((row) => row ?? []);
  if (whole.length < rows.length) return undefined;
  return { saved: material.saved, items: material.items, rows: joined(whole, Float32Array) };
}
