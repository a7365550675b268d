// The trainer in the cell: draws a session and hands on what the person does. It keeps nothing of its own but the form.
import { drawCurve } from "./curves.js";
import { fileButton, filesDropped, make, percent } from "./elements.js";
import { drawResult } from "./result.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").Picture} Picture */

/** Thumbnails of a class. */
const SHOWN = 12;
const EPOCHS = 30;

/** @param {Session} session @param {HTMLElement} el @returns {() => void} */
export function showSession(session, el) {
  const parts = {
    status: make("p", { class: "status", role: "status", "data-testid": "status" }),
    said: make("ul", { class: "said", "aria-live": "polite", "data-testid": "said" }),
    classes: make("div", { class: "classes", "data-testid": "classes" }),
    curves: make("div", { class: "curves", "data-testid": "curves" }),
    result: make("div", { class: "result", "data-testid": "result" }),
    answer: make("p", { "aria-live": "polite", "data-testid": "prediction" }),
  };
  const root = make("section", { class: "headstart-widget", "aria-label": "Image classifier" });
  const train = make("button", { type: "button", class: "main", "data-testid": "train" }, "Train");
  const stop = make("button", { type: "button" }, "Stop");
  train.addEventListener("click", () => session.fit().catch(shown));
  stop.addEventListener("click", () => session.stop());
  root.append(
    parts.status, addingBar(session, root), parts.classes, make("div", { class: "bar" }, train, stop),
    key(), parts.curves, parts.result, predicting(session, parts.answer), parts.said,
  );
  el.append(root);
  const thumbnails = new Thumbnails();
  /** @type {unknown[]} */
  let drawn = [];
  const draw = () => {
    const { status, history, report } = session;
    parts.status.textContent = statusText(session);
    root.dataset.state = status;
    train.disabled = status !== "ready" && status !== "trained";
    train.textContent = report ? "Train again" : "Train";
    stop.hidden = status !== "adding" && status !== "training";
    parts.said.replaceChildren(...session.said.map((text) => make("li", {}, text)), ...session.rejected.slice(-5).map(({ reason }) => make("li", {}, reason)));
    thumbnails.draw(parts.classes, session);
    const now = [history, report];
    if (now.every((value, at) => value === drawn[at])) return;
    drawn = now;
    const epochs = Math.max(session.options.epochs ?? EPOCHS, history.length);
    parts.curves.replaceChildren(...(history.length > 0 ? [drawCurve("accuracy", history, epochs), drawCurve("loss", history, epochs)] : []));
    root.classList.toggle("has-curves", history.length > 0);
    parts.result.replaceChildren(...(report ? drawResult(report) : []));
  };
  const forget = session.onChange(draw);
  draw();
  return () => {
    forget();
    thumbnails.free();
    root.remove();
  };
}

/** What is thrown at a click stands in the session's list already. */
const shown = () => {};

/** @param {Session} session */
function statusText({ status, progress, device, images }) {
  if (progress) return progress;
  if (status === "failed") return "The trainer did not start.";
  const here = "The pictures stay in this browser.";
  return images.size === 0 ? `Drop a folder here: its sub-folders are the classes. ${here} ${device}` : `${images.size} pictures. ${here} ${device}`;
}

/** @param {Session} session @param {HTMLElement} root what takes a drop */
function addingBar(session, root) {
  const label = make("input", { type: "text", placeholder: "class of the pictures", "aria-label": "Class of the pictures", "data-testid": "class-name" });
  const add = (/** @type {{file: File, folder: string}[]} */ files) => {
    const pictures = files.filter(({ file }) => !file.name.startsWith("."));
    session.addImages(pictures.map(({ file, folder }) => ({ file, name: file.name, label: folder || label.value.trim() }))).catch(shown);
  };
  const folderOf = (/** @type {File} */ file) => file.webkitRelativePath.split("/").at(-2) ?? "";
  const folder = fileButton("Choose a folder", { webkitdirectory: "", "data-testid": "add-folder" }, (files) => add(files.map((file) => ({ file, folder: folderOf(file) }))));
  const files = fileButton("Choose pictures", { multiple: "", "data-testid": "add-images" }, (chosen) => {
    if (label.value.trim()) return add(chosen.map((file) => ({ file, folder: "" })));
    session.say("Name the class of these pictures first, in the field beside the button.");
  });
  const examples = make("button", { type: "button" }, "Example pictures");
  examples.addEventListener("click", () => session.addExamples("patterns", 20, 1).catch(shown));
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", async (event) => {
    event.preventDefault();
    event.stopPropagation(); // the notebook would take the file for an attachment
    if (event.dataTransfer) add(await filesDropped(event.dataTransfer));
  });
  return make("div", { class: "bar" }, folder.button, folder.input, label, files.button, files.input, examples);
}

/** @param {Session} session @param {HTMLElement} answer */
function predicting(session, answer) {
  const ask = async (/** @type {File[]} */ [file]) => {
    if (!file) return;
    try {
      const ranked = await session.predict(file);
      answer.textContent = `${file.name}: ${ranked.slice(0, 3).map(({ label, probability }) => `${label} ${percent(probability)}`).join(", ")}`;
    } catch (error) {
      answer.textContent = Object(error).message;
    }
  };
  const { button, input } = fileButton("Predict a picture", { "data-testid": "predict-input" }, ask);
  return make("div", { class: "bar" }, button, input, answer);
}

const key = () => make("p", { class: "key" }, make("span", { class: "train" }, "training"), make("span", { class: "validation" }, "validation"));

/** The classes with some of their pictures. Drawn again only where their number changed. */
class Thumbnails {
  /** @type {Map<number, string>} */
  #urls = new Map();
  #count = 0;

  /** @param {HTMLElement} into @param {Session} session */
  draw(into, { images, counts }) {
    if (images.size === this.#count) return;
    this.#count = images.size;
    const all = [...images.values()];
    into.replaceChildren(...Object.entries(counts).map(([label, count]) => {
      const some = all.filter((image) => image.label === label).slice(0, SHOWN);
      const pictures = some.map(({ id, name, thumbnail }) => make("img", { src: this.#urlOf(id, thumbnail), alt: name, title: name, width: "40", height: "40" }));
      return make("figure", {}, make("figcaption", {}, `${label}: ${count}`), ...pictures);
    }));
  }

  free() {
    for (const url of this.#urls.values()) URL.revokeObjectURL(url);
  }

  /** @param {number} id @param {Blob} thumbnail */
  #urlOf(id, thumbnail) {
    const url = this.#urls.get(id) ?? URL.createObjectURL(thumbnail);
    this.#urls.set(id, url);
    return url;
  }
}
