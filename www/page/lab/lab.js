// What the lab shows, loaded when it is first opened: a lesson in five steps, then runs of any kind.

import { byId, cell, element, headCell, setText } from "../elements.js";
import { loadExamples } from "../examples.js";
import { words } from "../language.js";
import { save } from "../save.js";
import { filledClasses, imageCount, state } from "../state.js";
import { translated } from "../translate.js";
import { counted, percent, sentences } from "../words.js";
import { drawLayerBars } from "./layer_bars.js";
import { STEPS } from "./lesson.js";
import { drawProjection } from "./projection.js";
import { RunCurves } from "./run_curves.js";
import { fillRunForm, settingsOf, wantedOf } from "./run_form.js";
import { clearRuns, csvFrom, epochsOf, insideNow, startRuns } from "./runs.js";
import { StepView } from "./step_view.js";

/** @typedef {import("../state.js").State} State */

/** @type {StepView[]} */
let steps = [];
/** @type {RunCurves | null} */
let curves = null;
/** @type {HTMLButtonElement | null} */
let runButton = null;

export function fillLab() {
  const form = byId("lab-form", HTMLFormElement);
  runButton = fillRunForm(form);
  steps = STEPS.map((step) => new StepView(step, (wanted) => startRuns(wanted, settingsOf(form))));
  byId("lesson", HTMLOListElement).append(...steps.map((step) => step.root));
  steps.find(({ step }) => step.shows === "inside")?.answer.before(byId("inside", HTMLElement));
  curves = new RunCurves(byId("lab-curves", HTMLElement));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    startRuns([wantedOf(form)], settingsOf(form));
  });
  byId("lab-clear", HTMLButtonElement).addEventListener("click", clearRuns);
  byId("lab-save", HTMLButtonElement).addEventListener("click", () => save(new Blob([csvFrom(state.lab.runs)], { type: "text/csv" }), "batchnorm-lab.csv"));
  byId("lab-example", HTMLButtonElement).addEventListener("click", () => void loadExamples({ thenTrain: false }));
}

/** @param {State} state */
export function drawOpenLab(state) {
  const { runs } = state.lab;
  const isReady = state.engine === "ready" && filledClasses(state).length >= 2 && !state.job && state.waiting === 0;
  byId("lab-empty", HTMLElement).hidden = imageCount(state) > 0 || state.waiting > 0;
  byId("lab-example", HTMLButtonElement).hidden = state.example === null;
  steps.forEach((step) => step.draw(state, isReady));
  if (runButton) runButton.disabled = !isReady;
  byId("lab-runs", HTMLElement).hidden = runs.length === 0;
  byId("lab-clear", HTMLButtonElement).disabled = state.job?.kind === "lab";
  drawInside();
  curves?.draw(runs);
  drawRows(runs);
  setText(byId("lab-sentences", HTMLElement), sentences(...state.lab.sentences.map(translated)).replaceAll(" %", "\u00a0%"));
}

/** What BatchNorm did, once the lesson has asked. */
function drawInside() {
  const found = insideNow();
  const isShown = steps.some(({ step, isAnswered }) => step.shows === "inside" && isAnswered) && found !== null && found.layers.length > 0;
  byId("inside", HTMLElement).hidden = !isShown;
  if (!isShown || !found) return;
  drawLayerBars(found.layers);
  drawProjection(found.projection);
}

let drawnRuns = "";

/** @param {import("./runs.js").LabRun[]} runs */
function drawRows(runs) {
  const rows = runs.map((run) => {
    const last = run.history.at(-1);
    const best = Math.max(...run.history.map((epoch) => epoch.valAccuracy));
    return [run.name, epochsOf(run), percent(last?.accuracy ?? NaN), percent(last?.valAccuracy ?? NaN), percent(best)];
  });
  if (JSON.stringify(rows) === drawnRuns) return;
  drawnRuns = JSON.stringify(rows);
  const made = rows.map(([name, ...figures], at) => {
    const head = headCell(name, "row");
    head.prepend(element("span", { className: `swatch ${runs[at].policy}` }));
    return element("tr", {}, head, ...figures.map((text) => cell(text, "number")));
  });
  byId("lab-rows", HTMLTableSectionElement).replaceChildren(...made);
  setText(byId("lab-count", HTMLElement), counted(runs.length, words.lab_lab.count));
}
