// What the network sees, as a person chooses it: for the project beside the images, for one image or its class in its dialog.

import { byId, element, setText } from "./elements.js";
import { changedBy, chooseFit, fitFor, isSameFit, nameOfFit } from "./fit_changes.js";
import { makeStage } from "./fit_stage.js";
import { words } from "./language.js";
import { currentTrainer } from "./session.js";
import { imagesById, state } from "./state.js";
import { fill } from "./words.js";

/** @typedef {import("../shared/image_fit.js").ImageFit} ImageFit */
/** @typedef {import("./state.js").Image} Image */

const text = words.fit;

/** Radio buttons for what a fit may be. @param {string} name @param {string} legend @param {readonly ("crop" | "pad" | "region")[]} kinds @param {(kind: string) => void} onChoose */
function makeKinds(name, legend, kinds, onChoose) {
  const inputs = kinds.map((value) => element("input", { type: "radio", name, value }));
  inputs.forEach((input) => input.addEventListener("change", () => onChoose(input.value)));
  const labels = inputs.map((input, at) => element("label", { className: "fit-kind" }, input, element("span", {}, text[kinds[at]])));
  const root = element("fieldset", { className: "fit-kinds" }, element("legend", { className: "hint" }, legend), ...labels);
  /** @param {ImageFit} fit */
  const check = (fit) => inputs.forEach((input) => (input.checked = input.value === (typeof fit === "string" ? fit : "region")));
  return { root, check };
}

/** @type {ReturnType<typeof makeKinds> | undefined} */
let ofProject;

export function wireFit() {
  ofProject = makeKinds("project-fit", text.title, ["crop", "pad"], (kind) => void chooseFit({ fit: kind === "pad" ? "pad" : "crop" }));
  ofProject.root.dataset.testid = "project-fit";
  ofProject.root.append(element("span", { className: "hint fit-part", hidden: true }, text.region));
  byId("gallery", HTMLElement).before(ofProject.root);
}

/** @param {import("./state.js").State} state */
export function drawFit({ classes, fits, job, engine, kept }) {
  if (!ofProject) return;
  const { root, check } = ofProject;
  root.hidden = classes.size === 0;
  root.disabled = job !== null || engine !== "ready" || kept?.state === "read-only";
  if (job === null) check(fits.fit);
  const part = root.lastElementChild;
  if (part instanceof HTMLElement) part.hidden = typeof fits.fit === "string";
  if (inDialog?.image) inDialog.drawButtons();
}

/** @type {ReturnType<typeof makeInDialog> | undefined} */
let inDialog;

/** In the dialog of this image. @param {Image} image @param {(image: Image) => void} onChanged gets it as it is seen then @param {() => void} close */
export function showFit(image, onChanged, close) {
  inDialog ??= makeInDialog();
  inDialog.show(image, onChanged, close);
}

export const clearFit = () => inDialog?.clear();

function makeInDialog() {
  const note = element("span", { className: "fold-note" });
  const stage = makeStage((region) => take(region));
  const kinds = makeKinds("image-fit", text.title, ["crop", "pad", "region"], (kind) => {
    const fit = kind === "region" ? stage.start() : kind === "pad" ? "pad" : "crop";
    take(fit);
    stage.set(fit);
  });
  kinds.root.firstElementChild?.classList.add("visually-hidden");
  const forImage = element("button", { type: "button", className: "button small" }, text.useImage);
  const forClass = element("button", { type: "button", className: "button small" }, text.useClass);
  const absent = element("p", { className: "hint" }, text.noFile);
  const parts = element("div", { className: "fit-parts" }, kinds.root, stage.root, element("div", { className: "actions" }, forImage, forClass));
  const root = element("details", { className: "fold fit" }, element("summary", {}, text.title, note), parts, absent);
  root.dataset.testid = "image-fit";
  byId("image-dialog-about", HTMLElement).after(root);
  /** @type {Image | null} */
  let image = null;
  /** @type {ImageFit} */
  let chosen = "crop";
  /** @type {(image: Image) => void} */
  let changed = () => {};
  let close = () => {};

  root.addEventListener("toggle", () => void open());
  forImage.addEventListener("click", async () => {
    const mine = image;
    if (!mine) return;
    await chooseFit({ fit: chosen, images: [mine] });
    const now = imagesById(state).get(mine.id);
    if (now && image === mine) changed(now);
  });
  forClass.addEventListener("click", () => {
    const mine = image;
    close();
    if (mine) void chooseFit({ fit: chosen, label: mine.label });
  });

  /** @param {ImageFit} fit */
  function take(fit) {
    chosen = fit;
    drawButtons();
  }

  /** @param {Image} shown @param {(image: Image) => void} onChanged @param {() => void} onClose */
  function show(shown, onChanged, onClose) {
    clear();
    [image, chosen, changed, close] = [shown, shown.fit, onChanged, onClose];
    setText(note, nameOfFit(shown.fit));
    kinds.check(shown.fit);
    drawButtons();
    void open();
  }

  /** The whole picture is read when it is asked for. */
  async function open() {
    const [mine, trainer] = [image, currentTrainer()];
    if (!root.open || !mine || !trainer) return;
    const [file] = await trainer.projects.files([mine.id]).catch(() => []);
    if (mine !== image) return;
    parts.hidden = !file;
    absent.hidden = Boolean(file);
    if (file) stage.show({ source: mine.id, file, width: mine.width, height: mine.height }, chosen);
  }

  function clear() {
    image = null;
    stage.clear();
  }

  function drawButtons() {
    if (!image) return;
    const isBusy = state.job !== null || state.kept?.state === "read-only";
    const { label } = image;
    forImage.disabled = isBusy || isSameFit(image.fit, chosen);
    forClass.disabled = isBusy || (isSameFit(fitFor(label), chosen) && changedBy({ fit: chosen, label }).length === 0);
    forClass.title = fill(text.useClassTitle, { label });
  }

  return { show, clear, drawButtons, get image() { return image; } };
}
