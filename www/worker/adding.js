// Adds images: many are read at once, but they enter the project in the order in which they were given, so that a seed
// gives the same training every time. At most `AHEAD` per worker are on their way, and on WebGPU as many more as it takes:
// that keeps the memory flat.
import { Failure, failureFrom } from "../shared/failure.js";
import { ItemStream } from "../shared/item_stream.js";

/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("../shared/protocol.js").Item} Item */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */
/** @typedef {import("./gate.js").Gate} Gate */
/** @typedef {import("./keeper.js").Ticket} Ticket */
/** @typedef {import("./session.js").Session} Session */
/** `fingerprint`: null where it is not known. @typedef {Omit<Awaited<ReturnType<Session["prepare"]>>, "fingerprint"> & {fingerprint: string | null}} Prepared */

/** Files of one worker. */
export const AHEAD = 4;
/** Failures that are not about the one file: the whole call ends. */
export const FATAL = new Set(["aborted", "worker-failed", "unsupported-browser", "weights-missing", "weights-altered", "weights-invalid"]);

/** Tells each image and each rejected file as an event. One bad file never stops the others. Waits where the gate is closed.
 * @param {Session} session @param {MessagePort} port of Items @param {Call} call @param {Gate} gate
 */
export async function addImages(session, port, call, gate) {
  const stream = new ItemStream(port, (/** @type {Item} */ item) => session.keeping?.keeper.expect(item) ?? unkept(item));
  try {
    await addExpected(session, stream, call, gate, stream.arrived);
  } finally {
    stream.close();
  }
}

/** The same of files that are kept already. @param {Session} session @param {Iterable<Ticket> | AsyncIterable<Ticket>} tickets @param {Call} call @param {Gate} gate
 * @param {Ticket[]} arrived those there are by now
 */
export async function addExpected(session, tickets, { signal, emit }, gate, arrived) {
  const { project, classes } = await session.project.fits.all();
  const prepare = async (/** @type {Ticket} */ ticket) => {
    ticket.fit ??= Object.hasOwn(classes, ticket.label) ? classes[ticket.label] : project;
    const { name, blob: file, fit } = ticket;
    const prepared = await session.prepare({ name, file, fit }, signal).catch((error) => failureFrom(error, "reading", name));
    return { ticket, prepared };
  };
  try {
    for await (const { ticket, prepared } of inOrder(tickets, AHEAD * session.crew.size + session.project.imagesOnGpu, prepare)) {
      signal.throwIfAborted();
      if (prepared instanceof Failure && FATAL.has(prepared.code)) throw prepared;
      const event = prepared instanceof Failure ? rejection(ticket.name, prepared) : await enter(session, ticket, prepared);
      if (event.type === "rejected") session.keeping?.keeper.discard(ticket);
      emit(event);
      await gate.held;
    }
  } finally {
    // Who stops does not want the rest; after a fault it waits for the next start.
    if (signal.aborted) arrived.filter((ticket) => !ticket.isOver).forEach((ticket) => session.keeping?.keeper.discard(ticket));
  }
}

/** @param {Item} item @returns {Ticket} */
const unkept = ({ name, label, file, fit }) => ({ at: 0, name, label, blob: file, fit, isOver: false });

/** A copy is told as rejected. @param {Session} session @param {Ticket} ticket @param {Prepared} prepared @returns {Promise<EngineEvent>} */
export async function enter(session, ticket, { sha256, fingerprint, features, width, height, jpeg, unusualDecoder }) {
  const { name, label, fit = "crop" } = ticket;
  try {
    const entered = await session.project.addImage({ id: ticket.id, name, label, sha256, fingerprint, fit, features }, ticket.blob);
    const { id, looksLike = null } = entered;
    session.keeping?.keeper.enter(ticket, { id, name, label, sha256, fingerprint, looksLike, width, height, unusualDecoder, thumbnail: jpeg, fit }, features);
    return { type: "image", image: { ...entered, name, label, width, height, jpeg, fit, ...(unusualDecoder && { unusualDecoder }) } };
  } catch (error) {
    const failure = failureFrom(error, "adding", name);
    if (failure.code === "crashed" || FATAL.has(failure.code)) throw failure;
    return rejection(name, failure);
  }
}

/** @param {string} name @param {Failure} failure @returns {EngineEvent} */
export function rejection(name, { code, message }) {
  return { type: "rejected", rejected: { name, reason: message, code } };
}

/** Results in the order of the items, with at most `limit` under way. `work` must not reject.
 * @template T, R
 * @param {Iterable<T> | AsyncIterable<T>} items @param {number} limit @param {(item: T) => Promise<R>} work
 * @returns {AsyncGenerator<R, void>}
 */
export async function* inOrder(items, limit, work) {
  /** @type {Promise<R>[]} */
  const running = [];
  for await (const item of items) {
    running.push(work(item));
    if (running.length >= limit) yield /** @type {Promise<R>} */ (running.shift());
  }
  while (running.length > 0) yield /** @type {Promise<R>} */ (running.shift());
}
