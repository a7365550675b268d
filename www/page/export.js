// Taking the model away: the dialog that says which form is for what, and how large it is.

import { byId, element, setText } from "./elements.js";
import { described } from "./problems.js";
import { save } from "./save.js";
import { currentTrainer, showFailure } from "./session.js";
import { change, state } from "./state.js";

/** @typedef {import("../shared/protocol.js").ExportKind} ExportKind */
/** `weights`: what the file holds, for its size. `checked`: has samples and a script that recomputes them.
 * @typedef {{kind: ExportKind, name: string, words: string, file: string, weights: ("backbone" | "head")[], checked?: boolean}} Form
 */

/** @type {Form[]} */
const FORMS = [
  { kind: "bundle", name: "Model for elsewhere", words: "ONNX, with a check that recomputes sample images in Python or Node.", file: "headstart-model.zip", weights: ["backbone", "head", "head"], checked: true },
  { kind: "safetensors", name: "Head only", words: "The trained part as safetensors. Opens here again, on the same network.", file: "headstart-head.safetensors", weights: ["head"] },
  { kind: "tfjs", name: "TensorFlow.js", words: "The head as a layers model in Teachable Machine’s form, with its check.", file: "headstart-tfjs.zip", weights: ["head"], checked: true },
  { kind: "pytorch", name: "PyTorch", words: "Weights and the script that builds the network, to go on training there.", file: "headstart-pytorch.zip", weights: ["backbone", "head"], checked: true },
  { kind: "onnx", name: "ONNX file alone", words: "Network and head in one graph, for whoever brings their own check.", file: "headstart-model.onnx", weights: ["backbone", "head"] },
];

const BYTES_PER_WEIGHT = 4;
/** The drawn samples, packed, and the scripts. */
const SAMPLES_BYTES = 150_000;

const dialog = element("dialog", { className: "dialog export-dialog", id: "export-dialog" });
dialog.setAttribute("aria-labelledby", "export-title");
const form = element("form", { autocomplete: "off" });
const pictures = element("input", { type: "checkbox", name: "pictures" });
const status = element("p", { className: "hint wrap", role: "status" });
const yes = element("button", { type: "submit", className: "button primary" }, "Save");
const no = element("button", { type: "button", className: "button" }, "Cancel");
/** @type {Map<ExportKind, HTMLElement>} */
const sizes = new Map();

export function wireExport() {
  const wish = element("label", { className: "export-pictures" }, pictures, element("span", {}, "Put three of my validation images in it",
    element("span", { className: "hint" }, "Without this the check uses drawn images, and none of yours leaves.")));
  pictures.dataset.testid = "export-pictures";
  yes.dataset.testid = "export-save";
  form.append(
    element("h3", { id: "export-title" }, "Take the model with you"),
    element("fieldset", { className: "export-forms" }, element("legend", { className: "visually-hidden" }, "Form"), ...FORMS.map(choice)),
    wish,
    status,
    element("div", { className: "actions" }, yes, no),
  );
  dialog.append(form);
  document.body.append(dialog);
  form.addEventListener("change", drawWish);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void take();
  });
  no.addEventListener("click", () => dialog.close());
  byId("take-away", HTMLButtonElement).addEventListener("click", open);
  byId("export", HTMLButtonElement).addEventListener("click", () => void saveHead());
}

/** @param {Form} form @param {number} index */
function choice({ kind, name, words }, index) {
  const size = element("span", { className: "export-size" });
  sizes.set(kind, size);
  const radio = element("input", { type: "radio", name: "kind", value: kind, checked: index === 0 });
  return element("label", { className: "export-form" }, radio, element("span", {}, element("span", { className: "export-name" }, element("strong", {}, name), size), element("span", { className: "hint" }, words)));
}

const chosen = () => /** @type {Form} */ (FORMS.find(({ kind }) => kind === new FormData(form).get("kind")));

function drawWish() {
  pictures.disabled = !chosen().checked;
}

function open() {
  setText(status, "");
  drawWish();
  for (const { kind, weights, checked } of FORMS) setText(/** @type {HTMLElement} */ (sizes.get(kind)), sizeWords(weights, checked));
  dialog.showModal();
}

/** @param {Form["weights"]} weights @param {boolean} [checked] */
function sizeWords(weights, checked) {
  const { summary } = state;
  if (!summary) return "";
  const rows = summary.rows.filter(({ trainable, name }) => trainable || name === "standardize");
  const head = rows.reduce((sum, { parameters }) => sum + parameters, 0);
  const counts = { head, backbone: summary.total - head };
  const numbers = weights.reduce((sum, part) => sum + counts[part], 0);
  return `${((numbers * BYTES_PER_WEIGHT + (checked ? SAMPLES_BYTES : 0)) / 1e6).toFixed(1)} MB`;
}

/** The form that most ask for, by one click. */
async function saveHead() {
  try {
    const blob = await currentTrainer()?.export("safetensors");
    if (!blob) return;
    save(blob, "headstart-head.safetensors");
    change((s) => (s.saved = true));
  } catch (error) {
    showFailure(error);
  }
}

async function take() {
  const trainer = currentTrainer();
  if (!trainer || yes.disabled) return;
  const { kind, file, checked } = chosen();
  yes.disabled = true;
  setText(status, "Putting it together");
  try {
    save(await trainer.export(kind, { pictures: Boolean(checked) && pictures.checked }), file);
    change((s) => (s.saved = true));
    dialog.close();
  } catch (error) {
    setText(status, described(error).message);
  }
  yes.disabled = false;
}
