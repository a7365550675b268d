// Taking the model away: the dialog that says which form is for what, and how large it is.

import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { described } from "./problems.js";
import { save } from "./save.js";
import { currentTrainer, showFailure } from "./session.js";
import { change, state } from "./state.js";
import { fill } from "./words.js";

/** @typedef {import("../shared/protocol.js").ExportKind} ExportKind */
/** `weights`: what the file holds, for its size. `checked`: has samples and a script that recomputes them.
 * @typedef {{kind: keyof typeof words.export.forms, file: string, weights: ("backbone" | "head")[], checked?: boolean}} Form
 */

const text = words.export;
/** @type {Form[]} */
const FORMS = [
  { kind: "bundle", file: "headstart-model.zip", weights: ["backbone", "head", "head"], checked: true },
  { kind: "safetensors", file: "headstart-head.safetensors", weights: ["head"] },
  { kind: "tfjs", file: "headstart-tfjs.zip", weights: ["head"], checked: true },
  { kind: "pytorch", file: "headstart-pytorch.zip", weights: ["backbone", "head"], checked: true },
  { kind: "onnx", file: "headstart-model.onnx", weights: ["backbone", "head"] },
];

const BYTES_PER_WEIGHT = 4;
/** The drawn samples, packed, and the scripts. */
const SAMPLES_BYTES = 150_000;

const dialog = element("dialog", { className: "dialog export-dialog", id: "export-dialog" });
dialog.setAttribute("aria-labelledby", "export-title");
const form = element("form", { autocomplete: "off" });
const pictures = element("input", { type: "checkbox", name: "pictures" });
const status = element("p", { className: "hint wrap", role: "status" });
const yes = element("button", { type: "submit", className: "button primary" }, text.save);
const no = element("button", { type: "button", className: "button" }, text.cancel);
/** @type {Map<ExportKind, HTMLElement>} */
const sizes = new Map();

export function wireExport() {
  const wish = element("label", { className: "export-pictures" }, pictures, element("span", {}, text.pictures,
    element("span", { className: "hint" }, text.withoutPictures)));
  pictures.dataset.testid = "export-pictures";
  yes.dataset.testid = "export-save";
  form.append(
    element("h3", { id: "export-title" }, text.title),
    element("fieldset", { className: "export-forms" }, element("legend", { className: "visually-hidden" }, text.form), ...FORMS.map(choice)),
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
function choice({ kind }, index) {
  const { name, about } = text.forms[kind];
  const size = element("span", { className: "export-size" });
  sizes.set(kind, size);
  const radio = element("input", { type: "radio", name: "kind", value: kind, checked: index === 0 });
  return element("label", { className: "export-form" }, radio, element("span", {}, element("span", { className: "export-name" }, element("strong", {}, name), size), element("span", { className: "hint" }, about)));
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
  return fill(words.numbers.MB, { size: ((numbers * BYTES_PER_WEIGHT + (checked ? SAMPLES_BYTES : 0)) / 1e6).toFixed(1) });
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
  setText(status, text.working);
  try {
    save(await trainer.export(kind, { pictures: Boolean(checked) && pictures.checked }), file);
    change((s) => (s.saved = true));
    dialog.close();
  } catch (error) {
    setText(status, described(error).message);
  }
  yes.disabled = false;
}
