// An image that was never seen: shown as the network sees it, with the classes as bars, best first.

import { cssColour } from "./class_colours.js";
import { acceptDrops, byId, element, setText } from "./elements.js";
import { fromDrop } from "./files.js";
import { pictureUrl } from "./fit_stage.js";
import { lane } from "./lane.js";
import { words } from "./language.js";
import { described, dismiss, report } from "./problems.js";
import { currentTrainer } from "./session.js";
import { change, state } from "./state.js";
import { isNone } from "./threshold.js";
import { commas, counted, fill, percent } from "./words.js";

const text = words.predict;
/** Bars shown at most. */
const SHOWN = 20;

/** @param {(files: File[]) => void} onFiles */
export function wirePredict(onFiles) {
  const input = byId("predict-input", HTMLInputElement);
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = "";
    onFiles(files);
  });
  acceptDrops(byId("predict", HTMLElement), async (transfer) => {
    const { items, loose } = await fromDrop(transfer);
    onFiles([...loose, ...items.map((item) => item.file)]);
  });
  byId("seen", HTMLImageElement).addEventListener("error", ({ target }) => {
    if (target instanceof HTMLElement) target.hidden = true;
  });
}

/** @param {File} file */
export async function predict(file) {
  const trainer = currentTrainer();
  if (!trainer || state.job) return;
  dismiss("predict");
  const url = URL.createObjectURL(file);
  const mine = { name: file.name, file, url, ranked: null };
  show(mine);
  try {
    const ranked = await trainer.predict(file);
    if (state.prediction !== mine) return;
    const answered = { ...mine, ranked };
    show(answered);
    const exact = await trainer.seen(file);
    if (state.prediction === answered) show({ ...answered, exact });
  } catch (error) {
    report("predict", described(error).message);
    if (state.prediction === mine) show(null);
  }
}

/** @param {import("./state.js").Prediction | null} prediction */
function show(prediction) {
  const before = state.prediction;
  change((s) => (s.prediction = prediction));
  if (before && before.url !== prediction?.url) URL.revokeObjectURL(before.url);
}

/** @param {string[]} classes of a classifier that came with the weights */
function leadOf(classes) {
  const known = classes.length > SHOWN ? counted(classes.length, words.nouns.class) : commas(classes);
  return fill(text.brought, { classes: known });
}

/** @type {import("./state.js").Prediction | null} */
let drawn = null;
let drawnThreshold = 0;
/** @type {Map<string, string> | null} */
let drawnColours = null;

/** @param {import("./state.js").State} state */
export function drawPredict({ report, renewing, job, prediction, threshold, facts, gathering, opened, colours }) {
  const brought = report === null && opened === null && !renewing ? facts?.classes : undefined;
  byId("predict", HTMLElement).hidden = report === null && opened === null && !(renewing && job) && !brought;
  if (opened === null) setText(byId("predict-lead", HTMLElement), brought ? leadOf(brought) : text.lead);
  byId("predict-input", HTMLInputElement).disabled = job !== null || gathering !== null;
  if (prediction === drawn && threshold === drawnThreshold && colours === drawnColours) return;
  [drawnThreshold, drawnColours] = [threshold, colours];
  const seen = byId("seen", HTMLImageElement);
  byId("predicted", HTMLElement).hidden = prediction === null;
  if (prediction && prediction.url !== drawn?.url) {
    seen.hidden = false;
    seen.src = prediction.url;
    seen.alt = prediction.name;
    setText(byId("seen-name", HTMLElement), prediction.name);
  }
  if (prediction?.exact && prediction.exact !== drawn?.exact) {
    seen.hidden = false; // the network may read what the browser does not
    seen.src = pictureUrl(prediction.exact);
  }
  seen.parentElement?.classList.toggle("exact", Boolean(prediction?.exact));
  drawn = prediction;
  const ranked = prediction?.ranked ?? [];
  const bars = ranked.slice(0, SHOWN).map(({ label, probability }) => lane(label, probability, cssColour(label)));
  if (ranked.length > SHOWN) bars.push(element("li", { className: "hint" }, fill(text.more, { classes: counted(ranked.length - SHOWN, words.nouns.class) })));
  const none = isNone(ranked) ? [element("li", { className: "none" }, fill(text.none, { threshold: percent(threshold) }))] : [];
  byId("prediction", HTMLElement).replaceChildren(...none, ...bars);
}
