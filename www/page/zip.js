// The files in a zip, as if its folders had been chosen.

import { Bridge } from "../shared/bridge.js";
import { words } from "./language.js";
import { isNoise } from "./noise.js";

/** @typedef {import("../shared/protocol.js").Rejected} Rejected */
/** @typedef {import("../shared/protocol.js").ZipCommand} ZipCommand */
/** @typedef {import("../shared/protocol.js").ZipEvent} ZipEvent */
/** @typedef {{file: File, path: string}} Located */

/** By name or type; what it holds is for the worker to see. @param {File} file */
export const isZip = (file) => /\.zip$/i.test(file.name) || /^application\/(x-)?zip(-compressed)?$/.test(file.type);

/**
 * Reads one zip in a worker of its own.
 * @param {File} file
 * @returns {Promise<{located: Located[], rejected: Rejected[]}>} where the zip is damaged, what came out before it stays
 */
export async function unzipped(file) {
  /** @type {Located[]} */
  const located = [];
  /** @type {Rejected[]} */
  const rejected = [];
  const onEvent = (/** @type {ZipEvent} */ event) => {
    const parts = event.path.replaceAll("\\", "/").split("/").filter((part) => part !== "" && part !== ".");
    const [path, name] = [parts.join("/"), parts.at(-1) ?? ""];
    if (parts.some((part) => part !== ".." && isNoise(part))) return;
    if (leadsOut(event.path)) rejected.push({ name: `${file.name}/${name}`, reason: REASONS["unsafe-path"], code: "unsafe-path" });
    else if (event.type === "entry") located.push({ file: new File([event.blob], name), path });
    else rejected.push({ name: `${file.name}/${path}`, reason: REASONS[event.code], code: event.code });
  };
  const worker = new Worker(new URL("../worker/zip.js", import.meta.url), { type: "module", name: "headstart zip" });
  /** @type {Bridge<ZipCommand, {unzip: void}, ZipEvent, never>} */
  const bridge = new Bridge(worker);
  try {
    await bridge.call({ type: "unzip", file }, { onEvent });
  } catch (error) {
    const { code = "damaged", message } = /** @type {{code?: string, message: string}} */ (error);
    rejected.push({ name: file.name, reason: message, code });
  } finally {
    bridge.close();
  }
  return { located, rejected };
}

/** By code. */
const REASONS = { "unsafe-path": words.zip.unsafePath, skipped: words.zip.skipped, "too-large": words.zip.tooLarge };

/** An entry named to climb out of the folder that it is unpacked to, or onto another disk. @param {string} path */
const leadsOut = (path) => /^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)/i.test(path);
