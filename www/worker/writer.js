// Writes to one project, batched in transactions, in order. A full disk holds them back and loses none; a session that lost
// the project to another tab writes no more.
import { STORES, dropProject } from "./database.js";

/** @typedef {import("./database.js").Database} Database */
/** @typedef {import("./database.js").ProjectRecord} ProjectRecord */
/** @typedef {import("./database.js").Write} Write */
/** Part of a transaction: nothing but requests of it may be awaited. @typedef {(tx: Write, project: ProjectRecord) => Promise<unknown> | void} Change */
/** @typedef {{change: Change, bytes: number, resolve: () => void, reject: (error: unknown) => void}} Job */
/** `saved`: all is written. `full`: the disk is. `lost`: another tab has the project. @typedef {"saved" | "saving" | "full" | "lost"} WriterState */

/** In one transaction. */
const MOST_JOBS = 64;
const MOST_BYTES = 32 * 1024 * 1024;
/** Gathers what comes one after the other. */
const GATHER_MS = 60;
const RETRY_MS = 4000;

/** The project is another session's by now. */
class Lost extends Error {}

export class Writer {
  /** @type {WriterState} */
  state = "saved";
  /** @type {Database} */
  #database;
  /** As it is made at the first write. @type {ProjectRecord} */
  #fresh;
  /** @type {(state: WriterState) => void} */
  #onState;
  /** First the urgent ones. @type {[Job[], Job[]]} */
  #queues = [[], []];
  #running = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Database} database @param {ProjectRecord} project @param {(state: WriterState) => void} onState */
  constructor(database, project, onState) {
    this.#database = database;
    this.#fresh = project;
    this.#onState = onState;
  }

  /** Resolves when the change is on the disk; that can take as long as the disk is full.
   * @param {Change} change @param {{bytes?: number, isUrgent?: boolean}} [options]
   * @returns {Promise<void>}
   */
  write(change, { bytes = 0, isUrgent = true } = {}) {
    if (this.state === "lost") return Promise.resolve();
    const done = new Promise((resolve, reject) => {
      this.#queues[isUrgent ? 0 : 1].push({ change, bytes, resolve: () => resolve(undefined), reject });
    });
    done.catch(() => {}); // who waits for it is told
    if (this.state === "saved") this.#become("saving");
    if (!this.#running && this.state === "saving") this.#wait(GATHER_MS);
    return /** @type {Promise<void>} */ (done);
  }

  /** Writes what waits, now. Resolves when it is written or can't be. */
  async flush() {
    while (this.#running || (this.state === "saving" && this.#waits)) {
      if (this.#running) await new Promise((resolve) => setTimeout(resolve, 5));
      else await this.#run();
    }
  }

  /** Tries again after a full disk. */
  async retry() {
    if (this.state === "full" && !this.#running) await this.#run();
  }

  /** Writes nothing from now on. */
  lose() {
    if (this.state === "lost") return;
    clearTimeout(this.#timer);
    for (const job of this.#queues.flat()) job.resolve();
    this.#queues = [[], []];
    this.#become("lost");
  }

  get #waits() {
    return this.#queues.some((queue) => queue.length > 0);
  }

  /** @param {WriterState} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#onState(state);
  }

  /** @param {number} ms */
  #wait(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), ms);
  }

  async #run() {
    clearTimeout(this.#timer);
    if (this.#running) return;
    this.#running = true;
    let alone = 0; // jobs to be written one by one
    while (this.#waits) {
      const jobs = this.#take(alone > 0 ? 1 : MOST_JOBS);
      try {
        await this.#commit(jobs.map(({ change }) => change));
        jobs.forEach((job) => job.resolve());
        if (this.state === "full") this.#become("saving");
        alone = Math.max(0, alone - 1);
      } catch (error) {
        if (error instanceof Lost) {
          this.#running = false;
          return this.lose();
        }
        const isFull = Object(error).name === "QuotaExceededError";
        // One change that can't be written (a file that is gone) must not hold the others back: find it.
        if (!isFull && jobs.length === 1) {
          alone = Math.max(0, alone - 1);
          console.warn(error);
          jobs[0].reject(error);
          continue;
        }
        this.#queues[0].unshift(...jobs);
        if (!isFull) alone = jobs.length;
        if (isFull && !(await this.#makeRoom().catch(() => false))) {
          this.#running = false;
          this.#become("full");
          return this.#wait(RETRY_MS);
        }
      }
    }
    this.#running = false;
    this.#become("saved");
  }

  /** @param {number} most */
  #take(most) {
    const jobs = [];
    let bytes = 0;
    for (const queue of this.#queues) {
      while (queue.length > 0 && jobs.length < most && (jobs.length === 0 || bytes + queue[0].bytes <= MOST_BYTES)) {
        const job = /** @type {Job} */ (queue.shift());
        bytes += job.bytes;
        jobs.push(job);
      }
    }
    return jobs;
  }

  /** @param {Change[]} changes */
  async #commit(changes) {
    const tx = this.#database.transaction(STORES, "readwrite");
    const over = tx.done;
    over.catch(() => {}); // told below, with the reason of the change that failed
    try {
      const project = (await tx.objectStore("projects").get(this.#fresh.id)) ?? { ...this.#fresh };
      if (project.owner !== this.#fresh.owner) throw new Lost();
      for (const change of changes) await change(tx, project);
      await tx.objectStore("projects").put({ ...project, changed: Date.now() });
    } catch (error) {
      await abort(tx);
      // A transaction that the disk ended says so itself; its requests say only that it ended.
      throw tx.error ?? error;
    }
    await over;
  }

  /** Deletes for good what was deleted and could still be brought back. @returns {Promise<boolean>} whether there was any */
  async #makeRoom() {
    const tx = this.#database.transaction(STORES, "readwrite");
    const deleted = (await tx.objectStore("projects").getAll()).filter((project) => project.deleted > 0);
    for (const { id } of deleted) await dropProject(tx, id);
    await tx.done;
    return deleted.length > 0;
  }
}

/** @param {Write} tx */
async function abort(tx) {
  try {
    tx.abort();
  } catch {
    // it has ended already
  }
  await tx.done.catch(() => {});
}
