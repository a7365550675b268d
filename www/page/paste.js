// Images that are pasted: into the class that has the focus or is named in the field, else into the one that was added to last.

import { byId } from "./elements.js";
import { words } from "./language.js";
import { report } from "./problems.js";
import { state } from "./state.js";
import { counted } from "./words.js";

let pasted = 0;

/**
 * @param {(files: File[], since: number, label: string) => void} add an empty label: the class is asked for
 * @param {(files: File[]) => void} predict where the focus is among the predictions
 */
export function wirePaste(add, predict) {
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])].map(named);
    // Text goes where it always goes; a dialog is about something else.
    if (files.length === 0 || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    if (byId("predict", HTMLElement).contains(document.activeElement)) return predict(files);
    const label = focusedClass() || byId("class-name", HTMLInputElement).value.trim() || newestClass();
    add(files, event.timeStamp, label);
    if (label) report("pasted", counted(files.length, words.paste.pasted, { label }), { tone: "notice" });
  });
}

/** Browsers call every picture without a file image.png. @param {File} file */
const named = (file) => (file.name === "image.png" ? new File([file], `pasted-${++pasted}.png`, { type: file.type }) : file);

/** The class whose name or images have the focus. */
function focusedClass() {
  const section = document.activeElement?.closest("section");
  const label = section && byId("gallery", HTMLElement).contains(section) ? section.ariaLabel : null;
  return label ?? "";
}

/** The class of the image that came last. */
function newestClass() {
  const newest = [...state.classes.values()].map(({ label, images }) => ({ label, id: images.at(-1)?.id ?? -1 }));
  return newest.reduce((best, one) => (one.id > best.id ? one : best), { label: "", id: -1 }).label;
}
