// The page's beginning: wires what people do to what the modules do, and draws the state.

import "./start.js";
import { addEverythingAgain, addItems, addNext, stopAdding } from "./adding.js";
import { drawBackbone, isWeights, wireBackbone } from "./backbone.js";
import { keepBurstsTogether, oneGroupWords } from "./bursts.js";
import { wireCapture } from "./capture.js";
import { keepColours } from "./class_colours.js";
import { drawComparison, wireComparison } from "./comparison.js";
import { drawConfusion } from "./confusion.js";
import { drawFolds, stopFolds, wireFolds } from "./cross_validation.js";
import { drawCurves } from "./curves.js";
import { ask, showImage } from "./dialogs.js";
import { drawDock, wireDock } from "./dock.js";
import { acceptDrops, byId, element, setText } from "./elements.js";
import { drawDownloads, wireDownloads } from "./downloads.js";
import { drawExamples, findExamples, loadExamples } from "./examples.js";
import { wireExport } from "./export.js";
import { addFeatureFiles } from "./feature_files.js";
import { fromDrop, fromInput } from "./files.js";
import { drawFit, wireFit } from "./fit.js";
import { emptied, wireFolder } from "./folder.js";
import { stopRefitting } from "./fit_changes.js";
import { keepFocus, wireFocus } from "./focus.js";
import { drawGallery } from "./gallery.js";
import { drawInsight, wireInsight } from "./image_insight.js";
import { drawKept, hasUnsaved, showKeptState, showProject } from "./keeping.js";
import { stopRuns } from "./lab/runs.js";
import { drawLab, wireLab } from "./lab/view.js";
import { wireLanguage, words } from "./language.js";
import { drawLearning, stopLearning, wireLearning } from "./learning.js";
import { drawLeftOut, wireLeftOut } from "./left_out.js";
import { drawLive, wireLive } from "./live.js";
import { drawLongWork, wireLongWork } from "./long_work.js";
import { makeLookingBack } from "./looking_back.js";
import { drawMap, stopMap, wireMap } from "./map.js";
import { drawDevice } from "./masthead.js";
import { keepOffline } from "./offline.js";
import { drawOpened, openModel, wireOpening } from "./opening.js";
import { complainOf, drawOptions, optionsAreValid, takeOptionsFrom, wireOptions } from "./options.js";
import { wirePaste } from "./paste.js";
import { drawPerClass } from "./per_class.js";
import { drawPredict, predict, wirePredict } from "./predict.js";
import { drawPredictions, predictMany, wirePredictions } from "./predictions.js";
import { wirePrivacy } from "./privacy.js";
import { drawProblems, report } from "./problems.js";
import { drawProjects, wireProjects } from "./project_list.js";
import { drawQueue, startNext } from "./queue.js";
import { drawReliability } from "./reliability.js";
import { drawResults } from "./results.js";
import { drawReview, stopReview, wireReview } from "./review.js";
import { drawRuns } from "./runs.js";
import { drawSelection, wireSelection } from "./selection.js";
import { openTrainer, showFailure, useBackbone, whenIdle, whenOpened, whenRestarted } from "./session.js";
import { drawSides } from "./sides.js";
import { change, drawWith, filledClasses, imageCount, state } from "./state.js";
import { drawSummary } from "./summary.js";
import { drawTestSet, wireTestSet } from "./test_set.js";
import { drawThreshold, keepThreshold, wireThreshold } from "./threshold.js";
import { pause, refreshChecks, refreshSummary, resume, stopTraining, train, trainIfAwaited } from "./training.js";
import { translated } from "./translate.js";
import { featureWords } from "./without_picture.js";
import { counted, fill, joined } from "./words.js";

/** @typedef {import("./files.js").Found} Found */

/** Each with what it needs of the state, from the top of the page to its foot. */
const PARTS = [
  drawDevice, drawKept, drawProjects, drawProblems, drawImagesSection, drawExamples, drawFit, drawLeftOut, drawSides, drawGallery,
  drawSelection, drawLongWork, drawDock, drawQueue, drawChecks, drawBackbone, drawOptions, drawTestSet, drawSummary, drawResults,
  drawRuns, drawCurves, drawConfusion, drawPerClass, drawReliability, drawFolds, drawComparison, drawLearning, drawMap, drawReview,
  drawThreshold, drawPredict, drawPredictions, drawInsight, drawLive, drawOpened, drawLab, drawDownloads, keepFocus,
];

/** @param {import("./state.js").State} state */
function drawImagesSection(state) {
  const images = imageCount(state);
  const classes = counted(filledClasses(state).length, words.nouns.class);
  setText(byId("tally", HTMLElement), images > 0 ? joined(counted(images, words.nouns.image), classes) : "");
  byId("drop", HTMLElement).classList.toggle("drop-small", state.classes.size > 0);
  const lead = state.classes.size > 0 ? words.main.dropMore : words.main.dropFirst;
  setText(byId("drop-lead", HTMLElement), lead);
}

/** @param {import("./state.js").State} state */
function drawChecks(state) {
  const empty = [...state.classes.values()].filter((group) => group.images.length + group.expected === 0);
  const ours = empty.map(({ label }) => fill(words.main.emptyClass, { label }));
  const messages = [...state.checks.map((check) => translated(check.message)), ...ours, ...oneGroupWords(state), ...featureWords(state)];
  const list = byId("checks", HTMLElement);
  if ([...list.children].map((row) => row.textContent).join("\n") !== messages.join("\n")) {
    list.replaceChildren(...messages.map((message) => element("li", { className: "wrap" }, message)));
  }
  byId("explain", HTMLElement).hidden = state.classes.size > 0;
}

/** Files without a folder need a class from the person. @param {Found} found @param {number} since @param {string} [label] */
async function take({ items, loose, passed, told }, since, label = "") {
  told.forEach((message, at) => report(`labels ${at}`, message, { tone: "notice" }));
  if (passed.length > 0) change((s) => (s.rejected = [...s.rejected, ...passed]));
  addItems(items, since);
  if (loose.length > 0) {
    const question = { title: words.main.whichClass, text: counted(loose.length, words.main.withoutFolder), yes: words.main.add, input: "" };
    const name = (label || (await ask(question)))?.normalize("NFC");
    if (name) addItems(loose.map((file) => ({ file, label: name, name: file.name })), label ? since : performance.now());
  }
  if (items.length + loose.length + passed.length + told.length === 0) report("nothing", words.main.noFiles, { tone: "notice" });
}

/** Takes what was chosen, once all folders and zips have been looked through. @param {Promise<Found>} reading @param {number} since @param {string} [label] */
async function gather(reading, since, label) {
  change((s) => (s.gathering = words.main.lookingThrough));
  try {
    const found = await reading;
    change((s) => (s.gathering = null));
    const files = [...found.loose, ...found.items.map(({ file }) => file)];
    found.features.forEach(addFeatureFiles);
    // A drop of weights alone is a network, not a class.
    if (found.model) await openModel(found.model);
    else if (files.length > 0 && files.every(isWeights)) await useBackbone(files);
    else if (found.features.length === 0 || files.length + found.passed.length + found.told.length > 0) await take(found, since, label);
  } catch (error) {
    change((s) => (s.gathering = null));
    showFailure(error);
  }
}

function wireImages() {
  wireFolder(byId("add-images", HTMLInputElement), (reading, since) => void gather(reading, since));
  const files = byId("add-files", HTMLInputElement);
  const className = byId("class-name", HTMLInputElement);
  files.addEventListener("change", ({ timeStamp }) => {
    void gather(fromInput(emptied(files)), timeStamp, className.value.trim());
    className.value = "";
  });
  byId("add-files-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    files.click();
  });
  acceptDrops(document.body, (transfer, { timeStamp }) => void gather(fromDrop(transfer), timeStamp));
  wirePaste((files, since, label) => void gather(fromInput(files), since, label), predictFiles);
  byId("example-button", HTMLButtonElement).addEventListener("click", () => void loadExamples());
}

const STOP = { adding: stopAdding, refitting: stopRefitting, training: stopTraining, lab: stopRuns, reviewing: () => [stopReview, stopLearning, stopMap, stopFolds].forEach((end) => end()) };

function wireTraining() {
  byId("train", HTMLButtonElement).addEventListener("click", () => optionsAreValid() && train());
  byId("pause", HTMLButtonElement).addEventListener("click", pause);
  byId("resume", HTMLButtonElement).addEventListener("click", resume);
  byId("stop", HTMLButtonElement).addEventListener("click", () => state.job && STOP[state.job.kind]());
  addEventListener("beforeunload", (event) => {
    if (hasUnsaved(state)) event.preventDefault();
  });
}

/** One is shown with its bars, several as a table. @param {File[]} files */
function predictFiles(files) {
  const [file] = files;
  if (file) void (files.length === 1 ? predict(file) : predictMany(files));
}

/** What stands beside the images follows them, once the trainer is free. */
function refresh() {
  refreshChecks().catch(showFailure);
  refreshSummary().catch(showFailure);
}

const query = new URLSearchParams(location.search);
/** @template {string} T @param {string} name @param {readonly T[]} allowed */
const oneOf = (name, allowed) => allowed.find((value) => value === query.get(name));
wireLanguage();
takeOptionsFrom(query);
complainOf(query);
wireImages();
wireSelection();
wireFit();
wireCapture();
wireLeftOut();
wireTraining();
wireLongWork();
wireOptions(refresh);
wireBackbone();
wirePredict(predictFiles);
wirePredictions();
wireInsight((image) => showImage(image, () => byId("predict-heading", HTMLElement).focus()));
wireProjects();
wireLive();
wirePrivacy();
wireLab();
makeLookingBack();
wireExport();
wireOpening();
wireReview();
wireLearning();
wireMap();
wireThreshold();
wireFolds();
wireComparison();
wireTestSet();
wireDownloads();
wireDock();
wireFocus();
whenIdle(addNext, () => keepBurstsTogether().catch(showFailure), trainIfAwaited, keepThreshold, keepColours, refresh, startNext);
whenRestarted(addEverythingAgain);
whenOpened((trainer) => showProject(trainer, () => takeOptionsFrom(query)), showKeptState);
drawWith(PARTS);
void findExamples();
void keepOffline();
const device = /** @type {"auto" | "webgpu" | "cpu"} */ (oneOf("device", ["webgpu", "cpu"]) ?? "auto");
const workers = Number(query.get("workers")) || undefined;
const tiles = oneOf("tiles", /** @type {const} */ (["large", "small", "by-size"]));
// `?project=` names one; `none` keeps nothing.
const named = query.get("project");
const project = named === "none" ? undefined : named ? { name: named } : { recent: true, name: words.projects.untitled };
void openTrainer({ device, project, ...(query.has("backbone") ? { backbone: query.get("backbone") ?? "" } : {}), ...(workers ? { workers } : {}), ...(tiles ? { tiles } : {}) });
