// Which rows of many are taken: a share of each class, chosen by the hash of the image's file, so that the same images come whatever
// order or shards they lie in, and most of them again where more are asked for. Pure.

/** Of a row, by seed and the first 8 bytes of its hash; 53 bits, so that two images hardly share one.
 * @param {Uint8Array} sha256 of all rows, 32 bytes each @param {number} row @param {number} seed
 */
export function keyOf(sha256, row, seed) {
  const at = 32 * row;
  const word = (/** @type {number} */ from) => sha256[from] | (sha256[from + 1] << 8) | (sha256[from + 2] << 16) | (sha256[from + 3] << 24);
  const high = mixed(word(at) ^ mixed(seed + 1));
  return high * 2 ** 21 + (mixed(word(at + 4) ^ high) >>> 11);
}

/** Murmur3's finisher. @param {number} value */
function mixed(value) {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Row numbers in order: all where they are not more than `most`, else of each class its share, at least one, copies left out.
 * @param {Uint32Array} classes @param {Float64Array} keys of each row @param {number} numClasses @param {number} most @returns {number[]}
 */
export function sampleOf(classes, keys, numClasses, most) {
  if (classes.length <= most) return Array.from(classes.keys());
  /** @type {number[][]} */
  const rows = Array.from({ length: numClasses }, () => []);
  classes.forEach((number, row) => rows[number].push(row));
  for (const some of rows) some.sort((a, b) => keys[a] - keys[b]);
  const distinct = rows.map((some) => some.filter((row, i) => i === 0 || keys[row] !== keys[some[i - 1]]));
  const wanted = shares(distinct.map(({ length }) => length), most);
  return distinct.flatMap((some, number) => some.slice(0, wanted[number])).sort((a, b) => a - b);
}

/** `most` shared out by size; the largest remainders get what is left. @param {number[]} counts @param {number} most @returns {number[]} */
export function shares(counts, most) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (count * Math.min(most, total)) / total);
  const given = exact.map((share, i) => Math.min(counts[i], Math.max(1, Math.floor(share))));
  let left = Math.min(most, total) - given.reduce((sum, count) => sum + count, 0);
  const byRemainder = [...counts.keys()].sort((a, b) => (exact[b] % 1) - (exact[a] % 1) || a - b);
  for (const i of byRemainder) {
    if (left > 0 && given[i] < counts[i]) {
      given[i]++;
      left--;
    }
  }
  for (; left < 0; left++) given[given.indexOf(Math.max(...given))]--;
  return given;
}
