// Whether a file is a model that was exported here: a head, or a zip with one. Looks at its first or last bytes alone.

import { isZip } from "./zip.js";

/** Of a safetensors header; a head's has 1 kB. */
const HEADER_BYTES = 65_536;
/** A zip's list of entries stands at its end. */
const LIST_BYTES = 65_536;

/** @param {File} file */
export async function isModel(file) {
  if (isZip(file)) return (await file.slice(Math.max(0, file.size - LIST_BYTES)).text()).includes("/head.safetensors");
  return /\.safetensors$/i.test(file.name) && (await file.slice(0, HEADER_BYTES).text()).includes('"headstart"');
}
