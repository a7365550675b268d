// A head that comes back: its own file, or a zip that was exported. Nothing is replaced before all of it was checked.
import { Failure } from "../shared/failure.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {{name: string, bytes: Uint8Array, sha256?: string}} HeadFile */

const HEAD = /(^|\/)head\.safetensors$/;
const CARD = /(^|\/)card\.json$/;
/** A head of 1000 classes has 6 MB. */
const MOST_BYTES = 256 * 2 ** 20;

/** @param {Session} session @param {string} name @param {Blob} file @returns {Promise<import("../shared/protocol.js").Opened>} */
export async function openHead({ project }, name, file) {
  const { bytes, sha256, name: inside } = /\.zip$/i.test(name) ? await fromZip(name, file) : { name, bytes: new Uint8Array(await file.arrayBuffer()), sha256: undefined };
  return project.ask("opening the head", (engine) => engine.openHead(inside, bytes, sha256));
}

/** @param {string} name @param {Blob} file @returns {Promise<HeadFile>} */
async function fromZip(name, file) {
  const { unzipSync } = await import("../vendor/fflate.esm.js");
  const wanted = (/** @type {{name: string, originalSize: number}} */ entry) => (HEAD.test(entry.name) || CARD.test(entry.name)) && entry.originalSize <= MOST_BYTES;
  /** @type {Record<string, Uint8Array>} */
  let entries;
  try {
    entries = unzipSync(new Uint8Array(await file.arrayBuffer()), { filter: wanted });
  } catch (error) {
    throw invalid(name, `a damaged zip: ${error instanceof Error ? error.message : error}`);
  }
  const [head, card] = [HEAD, CARD].map((pattern) => Object.entries(entries).find(([path]) => pattern.test(path)));
  if (!head) throw invalid(name, "no head.safetensors in it");
  if (!card) throw invalid(name, "no card.json beside its head.safetensors");
  return { name: `${name}/head.safetensors`, bytes: head[1], sha256: hashIn(name, card[1]) };
}

/** What the card says of the head. @param {string} name @param {Uint8Array} card */
function hashIn(name, card) {
  try {
    const { version, files } = JSON.parse(new TextDecoder().decode(card));
    if (version !== 1) throw invalid(name, `its card has version ${version}, and this headstart reads 1`);
    return String(files["head.safetensors"]);
  } catch (error) {
    throw error instanceof Failure ? error : invalid(name, "its card.json is damaged");
  }
}

/** @param {string} name @param {string} reason */
const invalid = (name, reason) => new Failure("weights-invalid", `“${name}” can't be opened as a model (${reason}). Export it again, or choose another file.`, name);
