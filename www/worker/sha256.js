// SHA-256 piece by piece, for files that should not be in memory as a whole: crypto.subtle wants all of it, and a page without
// https has none. FIPS 180-4; equal to Node's (tests/web/feature_files.test.mjs).

const BLOCK = 64;
const PRIMES = Array.from({ length: 312 }, (_, n) => n).filter((n) => n > 1 && !Array.from({ length: n }, (_, of) => of).some((of) => of > 1 && n % of === 0));
/** The first 32 bits behind the point. @param {number} value */
const fraction = (value) => (value - Math.floor(value)) * 2 ** 32;
const K = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));

export class Sha256 {
  #state = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
  #words = new Int32Array(BLOCK);
  /** What is left of the last piece. */
  #rest = new Uint8Array(BLOCK);
  #length = 0;

  /** @param {Uint8Array} bytes */
  add(bytes) {
    const held = this.#length % BLOCK;
    this.#length += bytes.length;
    let from = 0;
    if (held > 0) {
      from = Math.min(BLOCK - held, bytes.length);
      this.#rest.set(bytes.subarray(0, from), held);
      if (held + from < BLOCK) return;
      this.#mix(this.#rest, 0);
    }
    for (; from + BLOCK <= bytes.length; from += BLOCK) this.#mix(bytes, from);
    this.#rest.set(bytes.subarray(from));
  }

  /** Ends it: 64 hex digits. */
  hex() {
    const held = this.#length % BLOCK;
    const end = new Uint8Array(held < BLOCK - 8 ? BLOCK - held : 2 * BLOCK - held);
    end[0] = 0x80;
    const bits = new DataView(end.buffer);
    bits.setUint32(end.length - 8, Math.floor(this.#length / 2 ** 29));
    bits.setUint32(end.length - 4, (this.#length * 8) % 2 ** 32);
    this.add(end);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** One block. @param {Uint8Array} bytes @param {number} from */
  #mix(bytes, from) {
    const w = this.#words;
    for (let i = 0, at = from; i < 16; i++, at += 4) w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    for (let i = 16; i < 64; i++) {
      const early = w[i - 15];
      const late = w[i - 2];
      const s0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
      const s1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    const state = this.#state;
    let a = state[0], b = state[1], c = state[2], d = state[3];
    let e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
}
