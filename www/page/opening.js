// A model that was exported before: opened by a drop or a choice, it predicts at once.

import { ask } from "./dialogs.js";
import { byId, element, setText } from "./elements.js";
import { takeFits } from "./fit_changes.js";
import { words } from "./language.js";
import { fitOptions } from "./option_values.js";
import { described, dismiss, report } from "./problems.js";
import { currentTrainer } from "./session.js";
import { change, state } from "./state.js";
import { commas, counted, fill } from "./words.js";

const text = words.opening;

const input = element("input", { type: "file", className: "visually-hidden", accept: ".safetensors,.zip" });
/** Class names that are told. */
const TOLD = 8;

const hint = element("p", { className: "hint" }, text.hint);
const label = element("label", { className: "link open-model" }, input, text.open);

export function wireOpening() {
  input.dataset.testid = "open-model";
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = "";
    if (file) void openModel(file);
  });
  byId("predict-lead", HTMLElement).after(hint);
  byId("example", HTMLElement).after(element("p", { className: "hint" }, label));
}

/** Where the file is refused, the head of before stays. @param {File} file */
export async function openModel(file) {
  const trainer = currentTrainer();
  if (!trainer || state.job) return report("open", text.busy, { tone: "notice" });
  dismiss("open");
  if (!state.saved) {
    const question = { title: text.replaceTitle, text: text.replaceText, yes: text.replace, danger: true };
    if ((await ask(question)) === null) return;
  }
  try {
    const { labels, head, hidden, neighbors, neighborWeights } = await trainer.openHead(file);
    const options = head === "knn"
      ? { ...fitOptions({ ...state.settings, head }), neighbors, neighborWeights }
      : { ...fitOptions({ ...state.settings, head }), ...(head === "mlp" && { hidden }) };
    change((s) => Object.assign(s, { options, opened: { name: file.name, labels }, report: null, run: null, history: [], prediction: null, learning: null, stale: false, saved: true }));
    await takeFits(trainer); // those of the model, where there are no images
    byId("predict-heading", HTMLElement).scrollIntoView();
  } catch (error) {
    report("open", described(error).message);
  }
}

/** @param {import("./state.js").State} state */
export function drawOpened({ opened, job, facts }) {
  input.disabled = job !== null || facts === null;
  hint.hidden = opened === null;
  if (opened) setText(byId("predict-lead", HTMLElement), knownBy(opened));
}

/** @param {{name: string, labels: string[]}} opened */
function knownBy({ name, labels }) {
  const told = { name, classes: counted(labels.length, words.nouns.class), labels: commas(labels.slice(0, TOLD)) };
  return labels.length > TOLD ? fill(text.knowsMore, { ...told, more: labels.length - TOLD }) : fill(text.knows, told);
}
