// UMAP by umap-js. Ours are the neighbours, which are exact and by cosine, as everywhere here, and the start, which is the
// plane of PCA: so what lies far apart in the features tends to stay so, and one seed is one map.

/** @typedef {[number, number]} Point */

/** Each image with itself, as UMAP counts. */
const NEIGHBOURS = 15;
/** Of neighbours on the map. More than the usual 0.1, at which marks of a class cover each other. */
const MIN_DIST = 0.5;
/** Rows whose neighbours are found between two words on how far it is. */
const AT_ONCE = 64;
/** What finding neighbours takes of the time. */
const SHARE = 0.4;
/** Side of the plane that a layout starts on. */
const START = 6;

/**
 * @param {import("../pkg/engine.js").Cloud} cloud @param {Point[]} plane at least three places, where the layout starts
 * @param {number} seed @param {(done: number) => void} onShare @returns {Promise<Point[]>}
 */
export async function neighbourhoods(cloud, plane, seed, onShare) {
  const { UMAP } = await import("../vendor/umap.js");
  const nNeighbors = Math.min(NEIGHBOURS, plane.length - 1);
  const umap = new UMAP({ nComponents: 2, nNeighbors, minDist: MIN_DIST, random: randomFrom(seed) });
  const { indices, distances } = nearest(cloud, plane.length, nNeighbors - 1, onShare);
  umap.setPrecomputedKNN(indices, distances);
  const epochs = umap.initializeFit(plane);
  const places = umap.getEmbedding();
  const scale = START / Math.max(...plane.flat().map(Math.abs), Number.MIN_VALUE);
  // Copies of an image start apart, or nothing would ever part them.
  const random = randomFrom(seed + 1);
  places.forEach((place, at) => place.splice(0, 2, ...plane[at].map((x) => x * scale + 1e-3 * (random() - 0.5))));
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (epoch % 10 === 0) onShare(SHARE + (1 - SHARE) * (epoch / epochs));
  }
  return umap.getEmbedding().map(([x, y]) => [x, y]);
}

/** The image itself first, at no distance. @param {import("../pkg/engine.js").Cloud} cloud @param {number} total @param {number} count @param {(done: number) => void} onShare */
function nearest(cloud, total, count, onShare) {
  const [indices, distances] = [/** @type {number[][]} */ ([]), /** @type {number[][]} */ ([])];
  for (let first = 0; first < total; first += AT_ONCE) {
    /** @type {[number, number][][]} */
    const found = cloud.nearest(first, AT_ONCE, count);
    for (const near of found) {
      indices.push([indices.length, ...near.map(([other]) => other)]);
      distances.push([0, ...near.map(([, cosine]) => Math.max(0, 1 - cosine))]);
    }
    onShare(SHARE * Math.min(1, (first + AT_ONCE) / total));
  }
  return { indices, distances };
}

/** Mulberry32: numbers in 0…1 that the seed decides. @param {number} seed */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
