// Zip files that hold their entries as they are: photos don't get smaller, and so an entry can be read, checked and handed
// on as a slice of the file. The same entries give the same bytes: no clock, no order but that of the caller.
import { Failure } from "../shared/failure.js";

/** @typedef {{path: string, blob: Blob}} Entry */

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** 1 January 1980, where zip's time begins. */
const DATE = 0x21;
/** Names are UTF-8. */
const FLAGS = 0x800;
const VERSION = 20;
const MOST_BYTES = 0xffffffff;
const MOST_ENTRIES = 0xffff;
/** The end record and the longest comment. */
const END_ROOM = 22 + 0xffff;

/** @param {Entry[]} entries @returns {Promise<Blob>} */
export async function zipOf(entries) {
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const directory = [];
  let offset = 0;
  for (const { path, blob } of entries) {
    const name = new TextEncoder().encode(path);
    const crc = await crc32(blob);
    const common = [[VERSION, 2], [FLAGS, 2], [0, 2], [0, 2], [DATE, 2], [crc, 4], [blob.size, 4], [blob.size, 4], [name.length, 2], [0, 2]];
    directory.push(record([[CENTRAL, 4], [VERSION, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]]), name);
    const header = record([[LOCAL, 4], ...common]);
    parts.push(header, name, blob);
    offset += header.length + name.length + blob.size;
  }
  const size = new Blob(directory).size;
  if (offset + size > MOST_BYTES || entries.length > MOST_ENTRIES) throw new Failure("too-large", "A project file holds at most 4 GB and 65,535 files. Save it without the images.");
  const end = record([[END, 4], [0, 2], [0, 2], [entries.length, 2], [entries.length, 2], [size, 4], [offset, 4], [0, 2]]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** The entries of a zip in which none is packed; throws "damaged" at the first thing that is not as it should be.
 * @param {Blob} file @returns {Promise<Map<string, Blob>>}
 */
export async function entriesOf(file) {
  const tail = await view(file, Math.max(0, file.size - END_ROOM), file.size);
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== END) at--;
  if (at < 0) throw damaged("its end is missing");
  const [count, size, start] = [tail.getUint16(at + 10, true), tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
  if (start + size > file.size) throw damaged("its list of entries lies outside of it");
  const directory = await view(file, start, start + size);
  /** @type {Map<string, Blob>} */
  const entries = new Map();
  for (let from = 0; entries.size < count; ) {
    if (from + 46 > directory.byteLength || directory.getUint32(from, true) !== CENTRAL) throw damaged("its list of entries is cut off");
    const number = (/** @type {number} */ offset) => directory.getUint16(from + offset, true);
    const [packed, whole, header] = [20, 24, 42].map((offset) => directory.getUint32(from + offset, true));
    const end = from + 46 + number(28);
    if (end > directory.byteLength) throw damaged("its list of entries is cut off");
    const path = new TextDecoder().decode(new Uint8Array(directory.buffer, from + 46, number(28)));
    if (number(10) !== 0 || packed !== whole) throw damaged("another program has packed it anew; use the file as headstart saved it");
    if (entries.has(path)) throw damaged(`it has ${path} twice`);
    entries.set(path, await contentOf(file, header, whole, start));
    from = end + number(30) + number(32);
  }
  return entries;
}

/** @param {Blob} file @param {number} header @param {number} size @param {number} limit */
async function contentOf(file, header, size, limit) {
  if (header + 30 > limit) throw damaged("an entry lies outside of it");
  const local = await view(file, header, header + 30);
  if (local.getUint32(0, true) !== LOCAL) throw damaged("an entry has no header");
  const start = header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + size > limit) throw damaged("an entry lies outside of it");
  return file.slice(start, start + size);
}

/** @param {Blob} file @param {number} from @param {number} to */
const view = async (file, from, to) => new DataView(await file.slice(from, to).arrayBuffer());

/** Little-endian. @param {number[][]} fields value and length in bytes */
function record(fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [, length]) => sum + length, 0));
  let at = 0;
  for (const [value, length] of fields) for (let i = 0; i < length; i++) bytes[at++] = (value >>> (8 * i)) & 0xff;
  return bytes;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** @param {Blob} blob */
async function crc32(blob) {
  let crc = -1;
  for (const byte of new Uint8Array(await blob.arrayBuffer())) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** @param {string} why */
export const damaged = (why) => new Failure("damaged", `This is not a whole project file (${why}). Copy or download it again.`);
