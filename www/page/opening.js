// A model that was exported before: opened by a drop or a choice, it predicts at once.

import { ask } from "./dialogs.js";
import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { described, dismiss, report } from "./problems.js";
import { currentTrainer } from "./session.js";
import { change, state } from "./state.js";
import { counted } from "./words.js";

const input = element("input", { type: "file", className: "visually-hidden", accept: ".safetensors,.zip" });
/** Class names that are told. */
const TOLD = 8;
const HINT = "It predicts at once. To train it further, or to add a class, add images of every class: the file holds none.";

const hint = element("p", { className: "hint" }, HINT);
const label = element("label", { className: "link open-model" }, input, "Open a model that was saved here");

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
  if (!trainer || state.job) return report("open", "A model can be opened when nothing else runs. Try again then.", { tone: "notice" });
  dismiss("open");
  if (!state.saved) {
    const question = { title: "Replace the trained model?", text: "It has not been saved. The images stay.", yes: "Replace it", danger: true };
    if ((await ask(question)) === null) return;
  }
  try {
    const { labels, head, hidden } = await trainer.openHead(file);
    const options = { ...state.options, head, ...(head === "mlp" && { hidden }) };
    change((s) => Object.assign(s, { options, opened: { name: file.name, labels }, report: null, run: null, history: [], prediction: null, learning: null, stale: false, saved: true }));
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
  const more = labels.length > TOLD ? ` and ${labels.length - TOLD} more` : "";
  return `${name} knows ${counted(labels.length, words.nouns.class)}: ${labels.slice(0, TOLD).join(", ")}${more}.`;
}
