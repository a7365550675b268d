// The networks whose feature rows a kept project has: of each image one row a network, from the time when that network was in
// use. Heads can be compared on them without running one.
import { NETWORK, ofProject } from "./database.js";
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
  const wanted = new Set(files);
  /** @type {Map<string, Set<string>>} */
  const rows = new Map();
  for (const [sha256, weights, preprocessing, policy] of await keeper.database.getAllKeys("rows")) {
    if (!wanted.has(sha256) || preprocessing !== keeper.source.preprocessing || policy !== keeper.source.policy) continue;
    rows.set(weights, (rows.get(weights) ?? new Set()).add(sha256));
  }
  const names = new Map();
  for (const { part, value } of await keeper.database.getAll("parts", ofProject(keeper.project.id))) {
    if (part.startsWith(NETWORK)) names.set(part.slice(NETWORK.length), value);
  }
  const others = [...rows].filter(([weights]) => weights !== open).map(async ([weights, known]) => {
    const images = files.filter((sha256) => known.has(sha256)).length;
    const row = await keeper.database.get("rows", [[...known][0], weights, keeper.source.preprocessing, keeper.source.policy]);
    return { weights, name: "", bytes: 0, ...names.get(weights), features: row?.length ?? 0, images, missing: total - images, isOpen: false };
  });
  return [here, ...(await Promise.all(others)).sort((a, b) => a.name.localeCompare(b.name))];
}

/** SHA-256 of each image. @param {Material} material */
const filesOf = ({ items }) => items.map(({ sha256 }) => String(sha256));

/** The same images with another network's rows; undefined where one lacks its row.
 * @param {Keeper} keeper @param {Material} material @param {string} weights @returns {Promise<Material | undefined>}
 */
export async function withRowsOf({ database, source }, material, weights) {
  const store = database.transaction("rows").store;
  const rows = await Promise.all(filesOf(material).map((sha256) => store.get([sha256, weights, source.preprocessing, source.policy])));
  const whole = rows.flatMap((row) => row ?? []);
  if (whole.length < rows.length) return undefined;
  return { saved: material.saved, items: material.items, rows: joined(whole, Float32Array) };
}
