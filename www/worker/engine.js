// The engine worker: the one place that the page talks to. Each command of the page is answered here.
import { Failure } from "../shared/failure.js";
import { allowOwnWorkers } from "../shared/own_workers.js";
import { assertNever } from "../shared/protocol.js";
import { requestsOfThread } from "../shared/requests.js";
import { addExpected, addImages } from "./adding.js";
import { answer, sendNotice } from "./answer.js";
import { fillBank } from "./bank.js";
import { checkedColours } from "./colours.js";
import { keepTogether, relabel, removeImages, renameClass, setThreshold } from "./edits.js";
import { exportAs } from "./exporting.js";
import { crossValidate, fitMany } from "./fit_many.js";
import { seen, setFit } from "./fits.js";
import { Gate } from "./gate.js";
import { checkInput, fitOnImages, onFeaturesAlone } from "./image_fit.js";
import { drawMap, heatMaps, neighbours } from "./insight.js";
import { runLab } from "./lab.js";
import { networksOf } from "./networks.js";
import { openHead } from "./opening.js";
import { deleteProject, duplicateProject, listProjects, renameProject } from "./projects.js";
import { rowAsSeen, seeImages } from "./seen.js";
import { Session } from "./session.js";
import { testSet } from "./test_set.js";
import { Training, nextTask } from "./training.js";

/** @typedef {import("../shared/protocol.js").EngineCommand} EngineCommand */
/** @typedef {import("../shared/protocol.js").EngineEvent} EngineEvent */
/** @typedef {import("./answer.js").Call<EngineEvent>} Call */

/** @type {Session | undefined} */
let session;
const training = new Training();
/** One folder enters after the other. @type {Promise<unknown>} */
let adding = Promise.resolve();
/** On their way and waiting for their turn: a pause may come before the first has begun. */
let adds = 0;
const addingGate = new Gate();

/** Of a project that is not kept. @type {import("../shared/kept.js").ContentsButImages} */
const NOTHING = { waiting: [], trained: null, unfinished: null, threshold: 0, colours: [] };

allowOwnWorkers();
answer(run, doing);

/** @param {EngineCommand} command @param {Call} call */
async function run(command, call) {
  switch (command.type) {
    case "open":
      return open(command.options, call);
    case "useBackbone":
      return useBackbone(command.options, call);
    case "addImages":
      return add((session) => addImages(session, command.port, call, addingGate), call);
    case "addFeatures":
      return add(async (session) => (await import("./adding_features.js")).addFeatures(session, command, call), call);
    case "resumeAdding":
      return add((session) => resumeAdding(session, call), call);
    case "removeImages":
      return removeImages(writable(idle()), command.ids);
    case "renameClass":
      return renameClass(writable(idle()), command.from, command.to);
    case "groups":
      return idle().project.groups();
    case "keepTogether":
      return keepTogether(writable(idle()), command.ids);
    case "checks":
      return idle().project.checks();
    case "fit":
      return fit(writable(opened()), command.options, call);
    case "fitMany":
      command.options.forEach(onFeaturesAlone);
      return fitMany(idle(), command.options, call);
    case "crossValidate":
      onFeaturesAlone(command.options);
      return crossValidate(idle(), command, call);
    case "lab":
      return training.alone(() => runLab(opened(), command.options, call));
    case "relabel":
      return relabel(writable(idle()), command.id, command.label);
    case "review":
      return review(command.seed, call);
    case "learningCurve":
      return learningCurve(command.options, call);
    case "files":
      return Promise.all(command.ids.map(async (id) => (await opened().project.sourceOf(id))?.file));
    case "networks":
      return networksOf(idle());
    case "setThreshold":
      return setThreshold(writable(idle()), command.threshold);
    case "setColours":
      return void writable(opened()).keeping?.keeper.keepColours(checkedColours(command.colours));
    case "setFit":
      return add((session) => setFit(session, command, call, addingGate), call);
    case "fits":
      return opened().project.fits.all();
    case "seen":
      return seen(opened(), command, call.signal);
    case "testSet":
    case "setTestShare":
    case "openTestSet":
      return testSet(idle(), command);
    case "pause":
      if (adds > 0) addingGate.close();
      return training.pause();
    case "resume":
      addingGate.open();
      return training.resume();
    case "evaluate":
      return evaluate(idle(), call);
    case "predict":
      return predict(command, call);
    case "extract":
      return extract(command, call);
    case "summary":
      return idle().project.ask("describing the network", (engine) => engine.summary(command.options, command.numClasses));
    case "export":
      if (command.kind === "project") return projectFile(({ exportProject }) => exportProject(idle(), command.images));
      return idle() && exportAs(opened(), command, call.signal);
    case "openHead":
      return idle() && openHead(opened(), command.name, command.file);
    case "contents":
      return opened().keeping?.contents(call) ?? NOTHING;
    case "waiting":
      return opened().keeping?.waiting ?? 0;
    case "flush":
      return opened().keeping?.keeper.flush();
    case "close":
      return session?.keeping?.keeper.close();
    case "projects":
      return listProjects(opened());
    case "renameProject":
      return renameProject(opened(), command.project, command.name);
    case "duplicateProject":
      return duplicateProject(opened(), command.project, command.name);
    case "deleteProject":
      return deleteProject(opened(), command.project, command.isDeleted);
    case "importProject":
      return projectFile(({ importProject }) => importProject(opened(), command.file));
    case "map":
      return drawMap(idle(), command, call);
    case "neighbours":
      return neighbours(idle(), command, call);
    case "heatMaps":
      return heatMaps(idle(), command, call);
    case "requests":
      return [...requestsOfThread(), ...(await opened().crew.requests())];
    default:
      return assertNever(command);
  }
}

/** @param {import("../shared/protocol.js").OpenOptions} options @param {Call} call @param {{before?: Session, onRead?: () => void}} [more] `before`: whose project goes on */
async function open(options, { emit }, { before, onRead = () => {} } = {}) {
  const onWeights = (/** @type {number} */ loaded, /** @type {number} */ total) => emit({ type: "weights", loaded, total });
  session = await Session.open(options, { onWeights, onRead, onNotice: sendNotice }, before);
  return session.info;
}

/** Another backbone for the same project, after the folders that are on their way. Once the new weights are known to be
 * good, the workers of the backbone before make room for those to come.
 * @param {import("../shared/protocol.js").OpenOptions} options @param {Call} call
 */
function useBackbone(options, call) {
  return add(async (before) => {
    try {
      const info = await open(options, call, { before, onRead: () => before.crew.rest() });
      before.close();
      return info;
    } catch (error) {
      before.crew.wake();
      throw error;
    }
  }, call);
}

/** What reads and writes project files, loaded when it is first asked for. @template T @param {(parts: typeof import("./project_file.js")) => T} use @returns {Promise<Awaited<T>>} */
async function projectFile(use) {
  return await use(await import("./project_file.js"));
}

/** Who stops, or comes to an end, is not held any longer. @template T @param {(session: Session) => Promise<T>} work @param {Call} call @returns {Promise<T>} */
function add(work, { signal }) {
  adds++;
  const result = adding.then(() => {
    signal.addEventListener("abort", () => addingGate.open());
    return work(writable(idle()));
  });
  adding = result.catch(() => {}).then(() => {
    adds--;
    addingGate.open();
  });
  return result;
}

/** @param {Session} session @param {Call} call */
async function resumeAdding(session, call) {
  const tickets = (await session.keeping?.tickets()) ?? [];
  await addExpected(session, tickets, call, addingGate, tickets);
}

/** @param {Session} session @param {import("../shared/protocol.js").FitOptions} options @param {Call} call */
function fit(session, options, call) {
  checkInput(options);
  if (options.input !== "images") return training.fit(session.project, session.keeping, options, call, () => fillBank(session, options, call));
  call.signal.addEventListener("abort", () => training.resume());
  return training.alone(() => fitOnImages(session, options, call, () => training.held));
}

/** @param {Session} session @param {Call} call */
async function evaluate(session, { signal }) {
  await seeImages(session, signal);
  return session.project.evaluate();
}

/** @param {{name: string, file: Blob, fit?: string}} picture @param {Call} call */
async function predict(picture, { signal }) {
  const { project } = idle();
  return project.predict(await rowAsSeen(opened(), picture, signal));
}

/** A picture's row, without keeping it. @param {{name: string, file: Blob, fit?: string}} picture @param {Call} call @returns {Promise<import("../shared/rows.js").Extracted>} */
async function extract(picture, { signal }) {
  const { sha256, fingerprint, width, height, features } = await opened().prepare(picture, signal);
  return { name: picture.name, sha256, fingerprint, width, height, features: /** @type {Float32Array<ArrayBuffer>} */ (features) };
}

/** @param {number} seed @param {Call} call */
async function review(seed, { signal, emit }) {
  const doubts = await idle().project.review(seed, async (done) => {
    emit({ type: "share", done });
    await nextTask();
    return !signal.aborted;
  });
  signal.throwIfAborted();
  return doubts;
}

/** @param {import("../shared/protocol.js").FitOptions} options @param {Call} call */
async function learningCurve(options, { signal, emit }) {
  onFeaturesAlone(options);
  const points = await idle().project.learningCurve(options, async (point) => {
    emit({ type: "point", point });
    await nextTask();
    return !signal.aborted;
  });
  signal.throwIfAborted();
  return points;
}

function opened() {
  if (!session) throw new Failure("not-open", "headstart is not open yet.");
  return session;
}

/** Where another tab has the project, nothing is changed. @param {Session} session */
function writable(session) {
  session.keeping?.keeper.assertWritable();
  return session;
}

/** The session, for what training must not see change under it, or would have to wait for its end. */
function idle() {
  if (training.isRunning) throw new Failure("busy", "Training is running. Wait for its end or stop it, then try again.");
  return opened();
}

/** @param {EngineCommand} command */
function doing(command) {
  switch (command.type) {
    case "open":
    case "useBackbone":
      return { doing: "starting" };
    case "addImages":
    case "addFeatures":
      return { doing: "adding images" };
    case "setFit":
      return { doing: "changing what is seen" };
    case "fit":
    case "fitMany":
    case "crossValidate":
    case "lab":
      return { doing: "training" };
    case "predict":
      return { doing: "predicting" };
    case "extract":
      return { doing: "computing features", file: command.name };
    case "export":
      return { doing: "exporting" };
    default:
      return { doing: "answering the page" };
  }
}
