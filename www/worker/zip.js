// Reads a zip of images, entry by entry, in a worker of its own: the page stays free, and what an entry inflates to is
// bounded before it is kept. An entry that does not begin like an image is passed over as soon as its first bytes are out.
import { Failure } from "../shared/failure.js";
import { Unzip, UnzipInflate } from "../vendor/fflate.esm.js";
import { answer } from "./answer.js";
import { MAX_FILE_BYTES } from "./reading.js";

/** @typedef {import("../shared/protocol.js").ZipCommand} ZipCommand */
/** @typedef {import("../shared/protocol.js").ZipEvent} ZipEvent */
/** @typedef {import("./answer.js").Call<ZipEvent>} Call */

/** Inflating is at most a thousandfold, so that a slice gives at most a few megabytes. */
const SLICE = 4096;
const MAX_ENTRIES = 100_000;
/** The end record of a zip: 22 bytes, and a comment of up to 64 KB. */
const END_ROOM = 22 + 0xffff;
const END_MARK = [0x50, 0x4b, 0x05, 0x06];

answer(
  (/** @type {ZipCommand} */ { file }, call) => readZip(file, call),
  ({ file }) => ({ doing: "unpacking", file: file.name }),
);

/** @param {File} file @param {Call} call */
async function readZip(file, { signal, emit }) {
  if (!(await hasEnd(file))) throw damaged(file.name, "its end is missing");
  let entries = 0;
  /** @type {Failure | null} */
  let fault = null;
  const unzip = new Unzip((entry) => {
    entries += 1;
    if (entries > MAX_ENTRIES) fault = new Failure("too-many-files", `“${file.name}” holds more than ${MAX_ENTRIES} files. Add it in parts.`, file.name);
    if (entry.name.endsWith("/")) return;
    take(entry, emit, (reason) => (fault ??= damaged(file.name, reason)));
  });
  unzip.register(UnzipInflate);
  const reader = file.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    signal.throwIfAborted();
    for (let at = 0; at < part.value.length && !fault; at += SLICE) push(unzip, part.value.subarray(at, at + SLICE), file.name);
    if (fault) throw fault;
  }
  push(unzip, new Uint8Array(), file.name, true);
  if (fault) throw fault;
}

/** @param {Unzip} unzip @param {Uint8Array} bytes @param {string} name */
function push(unzip, bytes, name, isLast = false) {
  try {
    unzip.push(bytes, isLast);
  } catch (error) {
    throw damaged(name, error instanceof Error ? error.message : String(error));
  }
}

/** Keeps one entry's bytes until it is whole. @param {import("../vendor/fflate.esm.js").UnzipFile} entry @param {Call["emit"]} emit @param {(reason: string) => void} onFault */
function take(entry, emit, onFault) {
  /** @type {BlobPart[]} */
  let parts = [];
  let length = 0;
  let isOver = false;
  /** @param {ZipEvent} event */
  const end = (event) => {
    isOver = true;
    parts = [];
    emit(event);
  };
  entry.ondata = (error, chunk, isLast) => {
    if (error) return onFault(`${entry.name}: ${error.message}`);
    if (isOver) return;
    if (length === 0 && chunk.length > 0 && !isImage(chunk)) return end({ type: "skipped", path: entry.name, code: "skipped" });
    length += chunk.length;
    if (length > MAX_FILE_BYTES) return end({ type: "skipped", path: entry.name, code: "too-large" });
    // A view's buffer may be used again for the next slice.
    parts.push(chunk.slice());
    if (isLast) end(length > 0 ? { type: "entry", path: entry.name, blob: new Blob(parts) } : { type: "skipped", path: entry.name, code: "skipped" });
  };
  try {
    entry.start();
  } catch {
    onFault(`${entry.name} is packed in a way that can't be read (method ${entry.compression}, perhaps with a password)`);
  }
}

/** Begins like a JPEG, PNG, GIF, BMP, WebP, or what the browser may decode (AVIF, HEIC). @param {Uint8Array} bytes */
function isImage(bytes) {
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  return /^(\xff\xd8|\x89PNG|GIF8|BM|RIFF....WEBP|....ftyp)/s.test(text);
}

/** Whether the zip has its end record; half a download has not. @param {File} file */
async function hasEnd(file) {
  const tail = new Uint8Array(await file.slice(Math.max(0, file.size - END_ROOM)).arrayBuffer());
  for (let at = tail.length - 22; at >= 0; at--) if (END_MARK.every((byte, offset) => tail[at + offset] === byte)) return true;
  return false;
}

/** @param {string} name @param {string} reason */
const damaged = (name, reason) => new Failure("damaged", `“${name}” is damaged (${reason}). Copy or download it again, or unpack it and choose the folder.`, name);
