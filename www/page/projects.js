// The kept projects of this browser, as `trainer.projects`. Calls about other projects reject with code "not-kept" where nothing is kept.

/** @typedef {import("../shared/protocol.js").ProjectEntry} ProjectEntry */
/** @typedef {import("./trainer.js").EngineBridge} EngineBridge */

export class Projects {
  /** @type {EngineBridge} */
  #bridge;

  /** @param {EngineBridge} bridge */
  constructor(bridge) {
    this.#bridge = bridge;
  }

  /** The one changed last comes first. @returns {Promise<ProjectEntry[]>} */
  list() {
    return this.#bridge.call({ type: "projects" });
  }

  /** @param {string} id @param {string} name @returns {Promise<void>} */
  rename(id, name) {
    return this.#bridge.call({ type: "renameProject", project: id, name });
  }

  /** A second project with the same images, rows and head; what both have takes its room once.
   * @param {string} id @param {string} name @returns {Promise<ProjectEntry>}
   */
  duplicate(id, name) {
    return this.#bridge.call({ type: "duplicateProject", project: id, name });
  }

  /** Takes a project off the list. `restore` brings it back for ten minutes, unless the disk gets full.
   * @param {string} id @returns {Promise<void>}
   */
  remove(id) {
    return this.#bridge.call({ type: "deleteProject", project: id, isDeleted: true });
  }

  /** Brings a removed project back. @param {string} id @returns {Promise<void>} */
  restore(id) {
    return this.#bridge.call({ type: "deleteProject", project: id, isDeleted: false });
  }

  /** Makes a new project from a file of `trainer.export("project")`. Everything in it is checked first: "damaged" says what is wrong.
   * @param {Blob} file @returns {Promise<ProjectEntry>}
   */
  import(file) {
    return this.#bridge.call({ type: "importProject", file });
  }

  /** The files that images of the open project came from, undefined where there is none. @param {number[]} ids @returns {Promise<(Blob | undefined)[]>} */
  files(ids) {
    return this.#bridge.call({ type: "files", ids: [...ids] });
  }

  /** Keeps, with the open project's head, the probability below which it answers "none of these"; the next head of the same classes
   * takes it over. It changes no prediction. @param {number} threshold 0 to 1 @returns {Promise<void>}
   */
  setThreshold(threshold) {
    return this.#bridge.call({ type: "setThreshold", threshold });
  }

  /** Keeps, with the open project, the colours that classes are drawn in; those that are not named have none of their own. It changes no
   * prediction. Rejects with wrong-option where one is not six digits behind "#". @param {Iterable<import("../shared/kept.js").ClassColour>} colours @returns {Promise<void>}
   */
  setColours(colours) {
    return this.#bridge.call({ type: "setColours", colours: [...colours] });
  }
}
