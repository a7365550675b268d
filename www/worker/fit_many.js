// Many heads of the same feature rows at once: folds, seeds, options to compare. Each runs in a worker of its own kind
// (heads.js) that ends with the call; what a head becomes does not depend on how many there are.
import { Bridge } from "../shared/bridge.js";
import { Failure } from "../shared/failure.js";
import { fillBank } from "./bank.js";
import { withRowsOf } from "./networks.js";

/** @typedef {import("../shared/protocol.js").CrossValidation} CrossValidation */
/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("../shared/protocol.js").FitOptions} FitOptions */
/** @typedef {import("../shared/protocol.js").HeadsCommand} HeadsCommand */
/** @typedef {import("../shared/protocol.js").HeadsResults} HeadsResults */
/** @typedef {import("../shared/protocol.js").Material} Material */
/** @typedef {import("../shared/protocol.js").Run} Run */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */
/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("../shared/protocol.js").Epoch} Epoch */
/** @typedef {Bridge<HeadsCommand, HeadsResults, Epoch, never>} Hand */

/** Of rows in all workers together; each has them twice while it trains. */
const MOST_BYTES = 512 * 1024 * 1024;

/** Trains a head with each of the options; tells each as it ends, and gives all in the order of the options.
 * @param {Session} session @param {FitOptions[]} options @param {Call} call
 */
export async function fitMany(session, options, call) {
  const [first] = options;
  if (options.some((other) => viewsOf(other) !== viewsOf(first))) throw otherViews();
  if (first) await fillBank(session, first, call, true);
  return fitAll(session, await materialFor(session, first), options, call);
}

/** Trains a head for each fold, and sums up what all say of their validation images. `network`: on the kept rows of another one.
 * @param {Session} session @param {{folds: number, options: FitOptions, network?: string}} command @param {Call} call
 * @returns {Promise<CrossValidation>}
 */
export async function crossValidate(session, { folds, options, network }, call) {
  if (network !== undefined && options.augment) throw viewsElsewhere();
  const images = (await session.project.material()).items.length;
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= images)) throw wrongFolds(folds, images);
  await fillBank(session, options, call, true);
  const each = Array.from({ length: folds }, (_, number) => ({ ...options, fold: { number, of: folds } }));
  const material = await (network === undefined ? materialFor(session, options) : materialOf(session, network));
  const runs = await fitAll(session, material, each, call);
  const confusion = runs[0].confusion.map((row, i) => row.map((_, j) => sum(runs.map((run) => run.confusion[i][j]))));
  const right = sum(confusion.map((row, i) => row[i]));
  const total = sum(runs.map((run) => run.validation));
  const interval = await session.project.ask("evaluating", (engine) => /** @type {[number, number]} */ ([...engine.wilsonInterval(right, total)]));
  return { folds: runs, labels: runs[0].labels, confusion, accuracy: right / total, interval };
}

/** What all heads learn from, with the views that these options ask for.
 * @param {Session} session @param {FitOptions | undefined} options @returns {Promise<Material>}
 */
async function materialFor({ project }, options) {
  const material = await project.material();
  return options?.augment ? { ...material, views: { options, rows: await project.views.all(options) } } : material;
}

/** The same images with the kept rows of another network. @param {Session} session @param {string} network @returns {Promise<Material>} */
async function materialOf({ project, keeping }, network) {
  const material = await project.material();
  const other = keeping && (await withRowsOf(keeping.keeper, material, network));
  if (!other) throw new Failure("no-rows", "Not every image has features by that network. Take that network once, so that they are computed.");
  return other;
}

const viewsElsewhere = () =>
  new Failure("wrong-option", "Changed views (augment) are known for the open network alone. Compare the networks without them.");

/** @param {FitOptions} options */
const viewsOf = ({ augment, views, seed }) => JSON.stringify(augment ? [augment, views, seed] : null);

const otherViews = () =>
  new Failure("wrong-option", "Heads that are trained together need the same augment, views and seed, or no augment. Compare other ones in a call of their own.");

/** @param {Session} session @param {Material} material @param {FitOptions[]} options @param {Call} call @returns {Promise<Run[]>} */
async function fitAll(session, material, options, { signal, emit }) {
  const bytes = material.rows.byteLength + (material.views?.rows ?? []).reduce((total, [, { byteLength }]) => total + byteLength, 0);
  const byMemory = Math.max(1, Math.floor(MOST_BYTES / (2 * bytes)));
  const hands = Array.from({ length: Math.min(options.length, session.crew.size, byMemory) }, hire);
  const close = () => hands.forEach((hand) => hand.close());
  signal.addEventListener("abort", close);
  /** @type {Run[]} */
  const runs = [];
  const left = [...options.entries()];
  const shares = options.map(() => 0);
  const tellShare = (/** @type {number} */ index, /** @type {number} */ share) => {
    shares[index] = share;
    emit({ type: "share", done: sum(shares) / shares.length });
  };
  try {
    signal.throwIfAborted();
    await Promise.all(hands.map(async (hand) => {
      await give(hand, material);
      for (let next = left.shift(); next; next = left.shift()) {
        const [index, options] = next;
        const onEvent = (/** @type {Epoch} */ { epoch }) => tellShare(index, epoch / options.epochs);
        runs[index] = await hand.call({ type: "fit", options }, { onEvent });
        tellShare(index, 1);
        emit({ type: "run", index, run: runs[index] });
      }
    }));
    return runs;
  } catch (error) {
    signal.throwIfAborted(); // the calls then say that their worker was closed
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

/** @returns {Hand} */
const hire = () => new Bridge(new Worker(new URL("./heads.js", import.meta.url), { type: "module", name: "headstart heads" }));

/** A copy of the rows, once for all that the worker trains. @param {Hand} hand @param {Material} material */
function give(hand, material) {
  const copy = material.rows.slice();
  return hand.call({ type: "take", material: { ...material, rows: copy } }, { transfer: [copy.buffer] });
}

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** @param {number} folds @param {number} images */
const wrongFolds = (folds, images) =>
  new Failure("wrong-folds", `${images} images can't be parted into ${folds} folds. Choose from 2 folds to as many as there are images.`);
