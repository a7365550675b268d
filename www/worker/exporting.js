// What was trained as a file to take away: a single one, or a zip that proves itself by sample pictures.
import { rowAsSeen, seeImages } from "./seen.js";

/** @typedef {import("../shared/protocol.js").ExportKind} ExportKind */
/** @typedef {import("./session.js").Session} Session */
/** @typedef {[name: string, bytes: Uint8Array<ArrayBuffer>]} NamedBytes */

/** Validation images that go along where the person wants it. */
const SHOWN = 3;
/** Numbers hardly pack; packing them costs seconds. */
const STORED = /\.(onnx|safetensors|bin)$/;
/** The same model gives the same zip. */
const MTIME = new Date(2000, 0, 1);

/** @param {Session} session @param {{kind: ExportKind, pictures: boolean}} what @param {AbortSignal} signal @returns {Promise<Blob>} */
export async function exportAs(session, { kind, pictures }, signal) {
  const { project } = session;
  await seeImages(session, signal);
  const weights = needsWeights(kind) ? new Uint8Array(await (await session.weights).arrayBuffer()) : undefined;
  if (kind !== "bundle" && kind !== "pytorch" && kind !== "tfjs") {
    return new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (await project.ask("exporting", (engine) => engine.exportModel(kind, weights)))]);
  }
  const { drawn, shown } = await project.ask("exporting", (engine) =>
    ({ shown: [...engine.imagesToShow(SHOWN)], drawn: /** @type {NamedBytes[]} */ (engine.drawnSamples()) }));
  const sources = pictures ? await Promise.all(shown.map((id) => project.sourceOf(id))) : [];
  const samples = [...drawn, ...(await ownSamples(session, sources))];
  const rows = [];
  for (const [name, bytes] of samples) rows.push(await rowAsSeen(session, { name, file: new Blob([bytes]) }, signal));
  const features = new Float32Array(rows.flatMap((row) => [...row]));
  /** @type {NamedBytes[]} */
  const files = await project.ask("exporting", (engine) => engine.exportFiles(kind, weights, samples, features));
  return zipped(kind === "tfjs" ? "headstart-tfjs" : "headstart-model", files);
}

/** @param {ExportKind} kind */
const needsWeights = (kind) => kind === "bundle" || kind === "pytorch" || kind === "onnx";

/** The person's own pictures, stripped of all but their pixels. @param {Session} session @param {({file: Blob} | undefined)[]} sources */
async function ownSamples({ project }, sources) {
  /** @type {NamedBytes[]} */
  const samples = [];
  for (const source of sources) {
    if (!source) continue;
    const { width, height, data } = await pixelsOf(source.file);
    samples.push(await project.ask("exporting", (engine) => engine.ownSample(width, height, new Uint8Array(data.buffer), samples.length + 1)));
  }
  return samples;
}

/** @param {Blob} file */
async function pixelsOf(file) {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** @param {string} folder @param {NamedBytes[]} files */
async function zipped(folder, files) {
  const { zipSync } = await import("../vendor/fflate.esm.js");
  /** @type {import("../vendor/fflate.esm.js").Zippable} */
  const entries = {};
  for (const [name, bytes] of files) entries[`${folder}/${name}`] = [bytes, { level: STORED.test(name) ? 0 : 6, mtime: MTIME }];
  return new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (zipSync(entries))], { type: "application/zip" });
}
