// A pool worker: reads a file, decodes and resizes it, and on the CPU runs the backbone. It keeps nothing between files.
import { assertNever } from "../shared/protocol.js";
import { requestsOfThread } from "../shared/requests.js";
import { answer } from "./answer.js";
import { Pieces } from "./pieces.js";
import { readFile } from "./reading.js";
import { decodeWithBrowser } from "./browser_decoder.js";
import { thumbnailFrom } from "./thumbnail.js";
import { warmUpBackbone, warmUpDecoder } from "./warm_up.js";
import { startPool } from "./wasm.js";
import { readWeights } from "./weights_file.js";

/** @typedef {import("../shared/protocol.js").PoolCommand} PoolCommand */
/** @typedef {import("../shared/protocol.js").Prepared} Prepared */
/** @typedef {import("../shared/protocol.js").Views} Views */

/** @type {import("./wasm.js").PoolModule} */
let wasm;
/** @type {import("../pkg/pool.js").Pool} */
let pool;
/** @type {import("../shared/protocol.js").Spec} */
let spec;
/** The averages that the weights hold, once a lab has asked. @type {Float32Array | undefined} */
let labOpened;

answer(run, doing);

/** @param {PoolCommand} command */
async function run(command) {
  switch (command.type) {
    case "start":
      wasm = await startPool(command.module, command.simd);
      pool = new wasm.Pool(command.backbone);
      spec = { ...wasm.backboneSpec(command.backbone), preprocessing: wasm.preprocessingVersion() };
      void warmUpDecoder(pool);
      return spec;
    case "verifyWeights":
      return wasm.verifyWeights(command.name, new Pieces(command.name, command.weights));
    case "loadBackbone":
      pool.loadBackboneFrom(new Pieces(command.name, command.weights));
      return warmUpBackbone(pool, spec);
    case "importWeights":
      return readWeights(wasm, command.files);
    case "prepare":
      return prepare(command);
    case "views":
      return views(command);
    case "featureMap":
      return pool.featureMap((await decode(command)).pixels);
    case "features":
      return pool.features(command.pixels);
    case "openLab":
      return openLab(command.weights);
    case "labTask":
      labOpened ??= openLab(command.weights);
      return pool.computeForLab(command.pixels, command.statistics);
    case "requests":
      return requestsOfThread();
    default:
      return assertNever(command);
  }
}

/** The weights stay for the lab's tasks: a run has many, and any worker may get one. @param {Blob} weights */
function openLab(weights) {
  labOpened = pool.openLabFrom(new Pieces("weights", weights));
  return labOpened;
}

/** @param {Extract<PoolCommand, {type: "prepare"}>} command @returns {Promise<Prepared>} */
async function prepare({ result, ...picture }) {
  const { unusualDecoder, ...image } = await decode(picture);
  const { sha256, fingerprint, width, height, pixels } = image;
  const features = result === "features" ? { features: pool.features(pixels) } : { pixels };
  return { sha256, fingerprint, width, height, unusualDecoder, jpeg: await thumbnailFrom(pixels), ...features };
}

/** Other views of a picture, as pixels or, on the CPU, as feature rows.
 * @param {Extract<PoolCommand, {type: "views"}>} command @returns {Promise<Views>}
 */
async function views({ sha256, augment, seed, first, count, result, ...picture }) {
  const { pixels } = await decode(picture);
  const all = pool.views(pixels, sha256, augment, seed, first, count);
  const each = Array.from({ length: count }, (_, i) => all.slice(i * pixels.length, (i + 1) * pixels.length));
  return result === "features" ? { features: each.map((view) => pool.features(view)) } : { pixels: each };
}

/** Rust decodes; only a format that it lacks goes to the browser, and where that fails too Rust's reason stands.
 * @param {{name: string, file: Blob, fit?: string}} picture
 */
async function decode({ name, file, fit }) {
  const bytes = await readFile(name, file);
  try {
    return { ...pool.prepare(name, bytes, fit), unusualDecoder: false };
  } catch (error) {
    const decoded = Object(error).code === "unsupported-format" ? await decodeWithBrowser(file, bytes) : null;
    if (!decoded) throw error;
    const image = pool.prepare(name, decoded.png, fit);
    return { ...image, sha256: decoded.sha256 ?? image.sha256, unusualDecoder: true };
  }
}

/** @param {PoolCommand} command */
function doing(command) {
  switch (command.type) {
    case "start":
      return { doing: "starting" };
    case "verifyWeights":
    case "loadBackbone":
      return { doing: "loading the backbone" };
    case "importWeights":
      return { doing: "reading the weights", file: command.files[0]?.name };
    case "prepare":
    case "views":
    case "featureMap":
      return { doing: "reading", file: command.name };
    case "requests":
      return { doing: "counting requests" };
    case "features":
    case "openLab":
    case "labTask":
      return { doing: "computing features" };
    default:
      return assertNever(command);
  }
}
