// The tiles of the matrix products on WebGPU: the faster ones are found once, while weights load, and kept for the adapter.
// A browser that keeps nothing (a private window, say) finds them anew each time.

/** @typedef {import("../shared/protocol.js").Tiles} Tiles */

const DATABASE = "headstart-adapters";
const STORE = "tiles";
/** @type {Tiles[]} */
const KNOWN = ["large", "small", "by-size"];

/** Compiles the backbone's pipelines and gives the tiles that it will run on.
 * @param {import("../pkg/engine.js").Engine} engine
 * @param {{backbone: string, adapter?: string, tiles?: Tiles}} options `tiles` forces them
 * @returns {Promise<Tiles>}
 */
export async function warmUp(engine, { backbone, adapter, tiles }) {
  if (tiles) return engine.warmUp(backbone, tiles);
  const key = `${adapter} ${engine.tilesVersion()}`;
  const kept = await inStore("readonly", (store) => store.get(key)).catch(() => undefined);
  if (KNOWN.includes(kept)) return engine.warmUp(backbone, kept);
  const chosen = await engine.warmUp(backbone, undefined);
  await inStore("readwrite", (store) => store.put(chosen, key)).catch(() => {}); // found anew next time
  return chosen;
}

/** One request to the store, which is made where it is missing.
 * @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} ask
 */
async function inStore(mode, ask) {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await result(opening);
  try {
    return await result(ask(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
