// Reads a file handle into memory, at the last moment and never more than the limit.
import { Failure } from "../shared/failure.js";

/** Rust's own limit, known here too so that a film of 4 GB is not read first. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** @param {string} name @param {Blob} file @returns {Promise<Uint8Array>} */
export async function readFile(name, file) {
  if (file.size > MAX_FILE_BYTES) throw tooLarge(name, file.size);
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure("unreadable", `“${name}” can't be read from the disk (${why}). It may have been changed, moved or deleted; add it again.`, name);
  }
}

/** @param {string} name @param {number} size */
function tooLarge(name, size) {
  const megabytes = (/** @type {number} */ bytes) => Math.ceil(bytes / 1024 / 1024);
  return new Failure("too-large", `“${name}” has ${megabytes(size)} MB; at most ${megabytes(MAX_FILE_BYTES)} MB are read. Save it smaller and add it again.`, name);
}
