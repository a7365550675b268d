// Keeps the page on the device, so that it opens and works without a network. dist/sw.js is this file behind the list of
// all files and their hashes. A version of the page is kept whole or not at all: every file has to have its hash.
// Small files are kept at once, large ones (wasm, weights, example pictures) when the page says which of them it uses. The
// documentation is no part of a version: each of its pages is kept when it is opened.

/** @typedef {{type: "keep", paths: string[]} | {type: "take-over"}} Command */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const PREFIX = "headstart-";
const NAME = PREFIX + VERSION;
const PAGE = "index.html";
/** Kept before the page asks; the words are modules of the page, as its scripts are. */
const SMALL = /\.(html|js|css|svg|webmanifest)$|^words\//;
const DOCS = "docs/";
/** Files on their way at once: the person may be at work meanwhile. */
const LANES = 4;

worker.addEventListener("install", (event) => event.waitUntil(keep(Object.keys(FILES).filter((path) => SMALL.test(path)))));

worker.addEventListener("activate", (event) => event.waitUntil(dropOthers().then(() => worker.clients.claim())));

worker.addEventListener("message", (event) => {
  const command = /** @type {Command} */ (event.data);
  const [answer] = event.ports;
  const work = command.type === "take-over" ? worker.skipWaiting() : keep(command.paths);
  event.waitUntil(work.then(() => answer?.postMessage({ kept: true }), (error) => answer?.postMessage({ kept: false, reason: error.message })));
});

worker.addEventListener("fetch", (event) => {
  const path = pathOf(event.request);
  if (path !== undefined) event.respondWith(answer(path, event.request));
  else if (isOfDocs(event.request)) event.respondWith(newestOf(event.request));
});

/** The listed file that a request is for. @param {Request} request @returns {string | undefined} */
function pathOf({ method, url }) {
  const scope = worker.registration.scope;
  if (method !== "GET" || !url.startsWith(scope)) return undefined;
  const path = decodeURIComponent(new URL(url).pathname).slice(new URL(scope).pathname.length) || PAGE;
  return Object.hasOwn(FILES, path) ? path : undefined;
}

/** @param {Request} request */
const isOfDocs = ({ method, url }) => method === "GET" && url.startsWith(new URL(DOCS, worker.registration.scope).href);

/** What the network gives, else what was kept the last time. @param {Request} request */
async function newestOf(request) {
  const cache = await caches.open(NAME);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) return kept;
    throw error;
  }
}

/** What is kept, else what the network gives. @param {string} path @param {Request} request */
async function answer(path, request) {
  const kept = await (await caches.open(NAME)).match(keyOf(path));
  // Made anew, it counts as the answer to the address that was asked for, with all that stands behind its "?".
  return kept ? new Response(kept.body, kept) : fetch(request);
}

/** @param {string[]} paths */
async function keep(paths) {
  const cache = await caches.open(NAME);
  const waiting = paths.filter((path) => Object.hasOwn(FILES, path));
  const lane = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) await keepOne(cache, path);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** From an older version where that has the same bytes. @param {Cache} cache @param {string} path */
async function keepOne(cache, path) {
  const key = keyOf(path);
  if (await cache.match(key)) return;
  const old = await caches.match(key);
  if (old) return cache.put(key, old);
  const response = await fetch(new URL(encoded(path), worker.registration.scope), { cache: "no-cache", integrity: FILES[path] });
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  await cache.put(key, response);
}

/** Its hash is part of it, so that two versions share what did not change. @param {string} path */
function keyOf(path) {
  const url = new URL(encoded(path), worker.registration.scope);
  url.search = new URLSearchParams({ integrity: FILES[path] }).toString();
  return url.href;
}

/** @param {string} path */
const encoded = (path) => path.split("/").map(encodeURIComponent).join("/");

async function dropOthers() {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(others.map((name) => caches.delete(name)));
}
