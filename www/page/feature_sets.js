// Which of the chosen files are feature shards with their manifest (docs/features.md). Looks at first bytes alone; what they hold is for
// the worker to check.

/** @typedef {{file: File, path: string}} Located */
/** `sets`: each the files of one folder. `others`: what does not belong to them. @typedef {{sets: File[][], others: Located[]}} FeatureSets */

const HEAD_BYTES = 65_536;
const FORMAT = '"headstart-features"';
/** Of those that lie among others without a folder. */
const PARTS = /(^manifest\.json|\.safetensors|^rejected\.jsonl)$/;

/** @param {Located[]} located @returns {Promise<FeatureSets>} */
export async function featureSets(located) {
  let others = located;
  /** @type {File[][]} */
  const sets = [];
  const take = (/** @type {string} */ folder) => {
    const belongs = (/** @type {Located} */ { path, file }) => (folder ? path.startsWith(folder) : path === file.name && PARTS.test(path));
    sets.push(others.filter((one) => belongs(one) && one.path === folder + one.file.name).map(({ file }) => file));
    others = others.filter((one) => !belongs(one));
  };
  for (const { file, path } of located) {
    if (file.name === "manifest.json" && (await isOurs(file))) take(folderOf(path));
  }
  // A shard without its manifest is no network and no picture either.
  const shard = others.find(({ file }) => /\.safetensors$/i.test(file.name));
  if (shard && (await isOurs(shard.file))) take(folderOf(shard.path));
  return { sets, others };
}

/** With its slash; "" without one. @param {string} path */
const folderOf = (path) => path.slice(0, path.lastIndexOf("/") + 1);

/** @param {File} file */
const isOurs = async (file) => (await file.slice(0, HEAD_BYTES).text()).includes(FORMAT);
