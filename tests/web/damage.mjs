// Seeded damage: the same for the same seed.

/** Numbers below a limit. @param {number} seed */
export function numbers(seed) {
  let state = seed + 1;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return state % below;
  };
}

/** A copy with a few wounds: bytes that are others, sizes that are extreme, pieces that are missing or there twice.
 * @param {Uint8Array<ArrayBuffer>} whole @param {(below: number) => number} random
 */
export function wounded(whole, random) {
  let bytes = [...whole];
  for (let wounds = random(5); wounds >= 0; wounds--) {
    const at = random(bytes.length + 1);
    const length = random(33);
    switch (random(6)) {
      case 0: bytes[Math.min(at, bytes.length - 1)] ^= 1 << random(8); break;
      case 1: bytes.splice(at, 4, ...EXTREMES[random(EXTREMES.length)]); break;
      case 2: bytes.splice(at, length); break;
      case 3: bytes.splice(at, 0, ...bytes.slice(at, at + length)); break;
      case 4: if (random(4) === 0) bytes = bytes.slice(0, at); break;
      default: bytes.splice(at, 1, random(256));
    }
  }
  return Uint8Array.from(bytes);
}

const EXTREMES = [[0, 0, 0, 0], [1, 0, 0, 0], [255, 255, 255, 255], [255, 255, 255, 127], [0, 0, 0, 128], [0, 0, 0, 1], [128, 0, 0, 0]];
