// The limits of one core, as WebAssembly sees them: a module, written by hand, of a loop that only multiplies and adds and of
// one that only reads.

const [I32, V128] = [0x7f, 0x7b];
const CHAINS = 12; // enough that no multiplication waits for the one before
const PAGES = 1024; // 64 MB, larger than any cache that one core has
const [END, LOOP, BR_IF, VOID, LOCAL_GET, LOCAL_SET, LOCAL_TEE, I32_CONST, I32_ADD, I32_LT_U, I32_SUB] =
  [0x0b, 0x03, 0x0d, 0x40, 0x20, 0x21, 0x22, 0x41, 0x6a, 0x49, 0x6b];
const simd = (/** @type {number} */ code) => [0xfd, ...unsigned(code)];
const [LOAD, XOR, ANY_TRUE, ADD, MUL, RELAXED_MADD] = [0, 0x51, 0x53, 0xe4, 0xe6, 0x105].map(simd);

/** `multiply(turns)`: 12 multiplications and additions of four numbers a turn, so 96 FLOP; `read(0)`: 64 MB.
 * @param {boolean} relaxed with relaxed-simd's FMA
 */
export function limitModule(relaxed) {
  const section = (/** @type {number} */ id, /** @type {number[]} */ bytes) => [id, ...unsigned(bytes.length), ...bytes];
  const body = (/** @type {number[]} */ code) => [...unsigned(code.length), ...code];
  const name = (/** @type {string} */ text) => [text.length, ...[...text].map((char) => char.charCodeAt(0))];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 1, I32, 1, I32]),
    ...section(3, [2, 0, 0]),
    ...section(5, [1, 0, ...unsigned(PAGES)]),
    ...section(7, [2, ...name("multiply"), 0, 0, ...name("read"), 0, 1]),
    ...section(10, [2, ...body(multiply(relaxed)), ...body(read())]),
  ]);
}

/** @param {boolean} relaxed */
function multiply(relaxed) {
  const sums = Array.from({ length: CHAINS }, (_, i) => i + 2);
  const one = (/** @type {number} */ sum) => relaxed
    ? [LOCAL_GET, 1, LOCAL_GET, 1, LOCAL_GET, sum, ...RELAXED_MADD, LOCAL_SET, sum]
    : [LOCAL_GET, 1, LOCAL_GET, 1, ...MUL, LOCAL_GET, sum, ...ADD, LOCAL_SET, sum];
  return [
    1, CHAINS + 1, V128, LOOP, VOID, ...sums.flatMap(one),
    LOCAL_GET, 0, I32_CONST, 1, I32_SUB, LOCAL_TEE, 0, BR_IF, 0, END,
    LOCAL_GET, 2, ...sums.slice(1).flatMap((sum) => [LOCAL_GET, sum, ...XOR]), ...ANY_TRUE, END,
  ];
}

/** Eight loads a turn. */
function read() {
  const loads = Array.from({ length: 8 }, (_, i) => [LOCAL_GET, 1, LOCAL_GET, 0, ...LOAD, 4, ...unsigned(i * 16), ...XOR, LOCAL_SET, 1]);
  return [
    1, 1, V128, LOOP, VOID, ...loads.flat(),
    LOCAL_GET, 0, I32_CONST, ...signed(128), I32_ADD, LOCAL_TEE, 0, I32_CONST, ...signed(PAGES << 16), I32_LT_U, BR_IF, 0, END,
    LOCAL_GET, 1, ...ANY_TRUE, END,
  ];
}

/** LEB128. @param {number} value @returns {number[]} */
function unsigned(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** LEB128 of a number that is not negative: its last byte leaves the sign bit free. @param {number} value @returns {number[]} */
function signed(value) {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}
