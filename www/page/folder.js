// A folder, chosen. Where the browser can open one for reading (Chromium), it is asked to: that asks the person whether the page
// may view the files, not whether to upload them, and the page goes on answering. A file input of ten thousand files stops it for
// seconds before it hears of them. Elsewhere, and where that is refused, the input opens as ever.

import { fromFolder, fromInput } from "./files.js";

/** @typedef {import("./files.js").Found} Found */

/** @param {HTMLInputElement} input @param {(reading: Promise<Found>, since: number) => void} take */
export function wireFolder(input, take) {
  let isRefused = false;
  input.addEventListener("change", ({ timeStamp }) => take(fromInput(emptied(input)), timeStamp));
  input.addEventListener("click", (event) => {
    const pick = Reflect.get(window, "showDirectoryPicker");
    if (isRefused || typeof pick !== "function") return;
    event.preventDefault();
    pick({ id: "images", mode: "read" }).then(
      (/** @type {FileSystemDirectoryHandle} */ folder) => take(fromFolder(folder), performance.now()),
      (/** @type {DOMException} */ { name }) => {
        // A frame of another origin, as in a notebook, may not; who closes the chooser wants nothing.
        if (name === "AbortError") return;
        isRefused = true;
        setTimeout(() => input.click()); // a click within a click would be none
      },
    );
  });
}

/** Changing an input's files again is a change only after it was emptied. @param {HTMLInputElement} input */
export function emptied(input) {
  const files = [...(input.files ?? [])];
  input.value = "";
  return files;
}
