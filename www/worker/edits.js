// Changes of what the person has, each kept as it is made.

/** @typedef {import("./session.js").Session} Session */

/** @param {Session} session @param {number[]} ids */
export async function removeImages({ project, keeping }, ids) {
  await project.removeImages(ids);
  if (keeping) keeping.keeper.removeImages(ids, (await project.trained()).saved);
}

/** @param {Session} session @param {number[]} ids */
export async function keepTogether({ project, keeping }, ids) {
  await project.keepTogether(ids);
  keeping?.keeper.keepTrained(await project.trained());
}

/** @param {Session} session @param {string} from @param {string} to */
export async function renameClass({ project, keeping }, from, to) {
  await project.renameClass(from, to);
  if (keeping) keeping.keeper.renameClass(from, to, await project.trained());
}

/** @param {Session} session @param {number} id @param {string} label */
export async function relabel({ project, keeping }, id, label) {
  await project.relabel(id, label);
  keeping?.keeper.relabel(id, label);
}

/** @param {Session} session @param {number} threshold */
export async function setThreshold({ project, keeping }, threshold) {
  await project.change("keeping the threshold", (engine) => engine.setThreshold(threshold));
  keeping?.keeper.keepTrained(await project.trained());
}
