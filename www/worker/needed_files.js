// Images that have rows and no file: what needs their pictures says so.
import { Failure } from "../shared/failure.js";

/** @typedef {import("./session.js").Session} Session */

/** Images that have rows and no file can't be run through the network. @param {Session} session */
export async function needFiles({ project }) {
  /** @type {{id: number, name: string}[]} */
  const items = await project.ask("checking the images", (engine) => engine.items());
  const without = items.filter(({ id }) => !project.hasSource(id));
  if (without.length === 0) return;
  const [{ name }] = without;
  throw new Failure("no-file", without.length === 1
    ? `The file of “${name}” is not here, only features. Train on features, or add the images again.`
    : `The files of ${without.length} images, such as “${name}” are not here, only features. Train on features, or add the images again.`);
}

/** Throws no-file, or unknown-image where there is no such image. @param {Session} session @param {number} id @returns {Promise<never>} */
export async function lacksFile({ project }, id) {
  /** @type {{id: number, name: string}[]} */
  const items = await project.ask("checking the images", (engine) => engine.items());
  const known = items.find((item) => item.id === id);
  if (known) throw new Failure("no-file", `The picture of “${known.name}” is not here, only its features. Add the image to see more of it.`, known.name);
  throw noSuchImage(id);
}

/** @param {number} id */
export const noSuchImage = (id) => new Failure("unknown-image", `There is no image with the id ${id}. Take one of those that addImages gave.`);
