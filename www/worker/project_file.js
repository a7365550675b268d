// A project as one file, `.headstart`: a zip with a manifest that has the SHA-256 of each other part. The same project
// gives the same bytes. Taking one in makes a new project, after everything in it was checked.
//
//   manifest.json       {format, version, parts: [{path, bytes, sha256}]}
//   project.json        name, images with labels, the classes' colours where they were given some, what the split and the head remember, options and history of the training
//   features.f32        the rows of the images that have one, little-endian, in their order
//   head.safetensors    where there is one
//   thumbnails/ID.jpg   what the backbone sees, small
//   images/ID           the files as they were given, unless left out
import { Failure } from "../shared/failure.js";
import { damaged, entriesOf, zipOf } from "./archive.js";
import { STORES, rowKey } from "./database.js";
import { sourceName } from "./keeper.js";
import { keptImages } from "./kept_images.js";
import { VERSIONS, checkedManifest, checkedProject } from "./project_file_check.js";
import { freshProject } from "./project_record.js";
import { entryOf, keeperOf } from "./projects.js";

/** @typedef {import("./archive.js").Entry} Entry */
/** @typedef {import("./project.js").Project} Project */
/** @typedef {import("./project_file_check.js").ProjectFile} ProjectFile */
/** @typedef {{project: Project, crew: {spec: Promise<import("../shared/protocol.js").Spec>}, keeping?: import("./keeping.js").Keeping}} Session */

const FORMAT = "headstart-project";
/** A project whose images all show their centre is what it was before there were fits, to the byte. */
const [VERSION, FITTED] = VERSIONS;
const MOST_JSON_BYTES = 64 * 1024 * 1024;

/** @param {Session} session @param {boolean} withImages @returns {Promise<Blob>} */
export async function exportProject(session, withImages) {
  const keeper = keeperOf(session);
  await keeper.flush();
  if (keeper.kept.state === "paused") throw new Failure("full", keeper.kept.message);
  const images = await keptImages(keeper);
  const head = await keeper.part("head");
  /** @type {import("../shared/kept.js").ClassColour[]} */
  const colours = (await keeper.part("colours")) ?? [];
  const { weights, preprocessing, policy } = keeper.source;
  const { name, nextId } = (await keeper.database.get("projects", keeper.project.id)) ?? keeper.project;
  /** @type {ProjectFile} */
  const project = {
    name, weights, preprocessing, policy, nextId,
    images: images.map(({ record: { id, name, label, sha256, fingerprint, looksLike, width, height, unusualDecoder, fit }, features }) =>
      ({ id, name, label, sha256, fingerprint, looksLike, width, height, unusualDecoder, numFeatures: features?.length ?? 0, ...(fit && { fit }) })),
    saved: (await keeper.part("saved")) ?? null,
    ofHead: head ? { saved: head.saved, fit: head.fit ?? null } : null,
    ...(colours.length > 0 && { colours: colours.sort() }),
  };
  /** @type {Entry[]} */
  const entries = [
    { path: "features.f32", blob: new Blob(images.flatMap(({ features }) => (features ? [/** @type {Float32Array<ArrayBuffer>} */ (features)] : []))) },
    { path: "project.json", blob: new Blob([JSON.stringify(project)]) },
  ];
  if (head) entries.push({ path: "head.safetensors", blob: new Blob([head.bytes]) });
  for (const { record } of images) {
    entries.push({ path: `thumbnails/${record.id}.jpg`, blob: new Blob([record.thumbnail]) });
    const file = withImages ? await keeper.file(record.file) : undefined;
    if (file) entries.push({ path: `images/${record.id}`, blob: file });
  }
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  const parts = [];
  for (const { path, blob } of entries) parts.push({ path, bytes: blob.size, sha256: await sha256Of(blob) });
  const isFitted = images.some(({ record }) => record.fit) || project.saved?.includes('"fits":');
  const manifest = { format: FORMAT, version: isFitted ? FITTED : VERSION, parts };
  return zipOf([{ path: "manifest.json", blob: new Blob([JSON.stringify(manifest)]) }, ...entries]);
}

/** @param {Session} session @param {Blob} file */
export async function importProject(session, file) {
  const keeper = keeperOf(session);
  const entries = await entriesOf(file);
  const { project, features } = await checked(entries);
  const head = await checkedHead(session, entries, project);
  const thumbnails = new Map();
  for (const { id } of project.images) thumbnails.set(id, new Uint8Array(await part(entries, `thumbnails/${id}.jpg`).arrayBuffer()));
  const record = { ...freshProject(project.name), nextId: project.nextId, images: project.images.length };
  const tx = keeper.database.transaction(STORES, "readwrite");
  const over = tx.done.catch((error) => {
    throw error?.name === "QuotaExceededError" ? new Failure("full", "The disk is full, so the project could not be taken in. Free some space and try again.") : error;
  });
  over.catch(() => {}); // awaited below
  try {
    for (const { numFeatures, ...image } of project.images) {
      const blob = entries.get(`images/${image.id}`);
      const key = blob ? Number(await tx.objectStore("files").add(blob)) : 0;
      record.bytes += blob?.size ?? 0;
      await tx.objectStore("images").put({ ...image, project: record.id, file: key, thumbnail: thumbnails.get(image.id) });
      const row = features.get(image.id);
      if (row) await tx.objectStore("rows").put(row, rowKey(project, image.sha256, image.fit));
    }
    const put = (/** @type {string} */ name, /** @type {unknown} */ value) => tx.objectStore("parts").put({ project: record.id, part: name, value });
    if (project.saved !== null) await put("saved", project.saved);
    if (project.colours) await put("colours", project.colours);
    if (head && project.ofHead) await put(`head ${sourceName(project)}`, { bytes: head, saved: project.ofHead.saved, fit: project.ofHead.fit ?? undefined });
    await tx.objectStore("projects").put(record);
  } catch (error) {
    await over; // the reason, where the transaction has one
    throw error;
  }
  await over;
  return entryOf(record);
}

/** @param {Map<string, Blob>} entries */
async function checked(entries) {
  const manifest = checkedManifest(await json(part(entries, "manifest.json")));
  for (const { path, bytes, sha256 } of manifest.parts) {
    const blob = part(entries, path);
    if (blob.size !== bytes || (await sha256Of(blob)) !== sha256) throw damaged(`${path} is not what the manifest says`);
  }
  if (entries.size !== manifest.parts.length + 1) throw damaged("it has parts that its manifest does not name");
  const project = checkedProject(await json(part(entries, "project.json")));
  return { project, features: await rows(part(entries, "features.f32"), project) };
}

/** @param {Blob} blob @param {ProjectFile} project @returns {Promise<Map<number, Float32Array>>} */
async function rows(blob, { images }) {
  const numbers = images.reduce((sum, { numFeatures }) => sum + numFeatures, 0);
  if (blob.size !== 4 * numbers) throw damaged("its feature rows are too few or too many");
  const all = new Float32Array(await blob.arrayBuffer());
  if (!all.every(Number.isFinite)) throw damaged("a feature is not a number");
  const found = new Map();
  let at = 0;
  for (const { id, numFeatures } of images) {
    if (numFeatures > 0) found.set(id, all.slice(at, at + numFeatures));
    at += numFeatures;
  }
  return found;
}

/** @param {Session} session @param {Map<string, Blob>} entries @param {ProjectFile} project */
async function checkedHead(session, entries, project) {
  const blob = entries.get("head.safetensors");
  if (!blob) return undefined;
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const { backbone_sha256: backbone } = await session.project.ask("reading a head", (engine) => engine.headCard(bytes));
  if (backbone !== project.weights) throw damaged("its head belongs to another network");
  return bytes;
}

/** @param {Map<string, Blob>} entries @param {string} path */
function part(entries, path) {
  const blob = entries.get(path);
  if (!blob) throw damaged(`${path} is missing`);
  return blob;
}

/** @param {Blob} blob @returns {Promise<unknown>} */
async function json(blob) {
  if (blob.size > MOST_JSON_BYTES) throw damaged("its list is too long");
  try {
    return JSON.parse(await blob.text());
  } catch {
    throw damaged("its list can't be read");
  }
}

/** @param {Blob} blob */
async function sha256Of(blob) {
  if (!globalThis.crypto?.subtle) throw new Failure("unsupported-browser", "Project files need a page with https, or one on this machine.");
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
