// The images that a cell of the confusion matrix counts, loaded when one is first asked for.

import { showImage } from "./dialogs.js";
import { element } from "./elements.js";
import { words } from "./language.js";
import { imagesById, state } from "./state.js";
import { thumbnailUrl } from "./told_image.js";
import { counted, fill, sentences } from "./words.js";

/** @typedef {import("./state.js").Report} Report */
/** `words`: what the cell counts. @typedef {{words: string, label: string, predicted: string, isEmpty: boolean}} Wanted */

const text = words.confusion_images;
/** Images shown at most. */
const MOST = 120;

/** @param {HTMLElement} holder @param {Report} report @param {Wanted} wanted @param {() => void} onClose */
export function showCell(holder, report, wanted, onClose) {
  const { label, predicted, isEmpty } = wanted;
  const known = imagesById(state);
  const counts = report.images.filter((image) => image.label === label && image.predicted === predicted);
  const images = counts.flatMap(({ id }) => known.get(id) ?? []);
  const gone = counts.length > images.length ? counted(counts.length - images.length, text.gone) : "";
  const more = images.length > MOST ? fill(text.more, { shown: MOST }) : "";
  const empty = fill(label === predicted ? text.noneRight : text.noneWrong, { label, answer: predicted });
  const said = element("p", { className: "wrap", role: "status" });
  const list = element("ul", { className: "cell-list", ariaLabel: fill(text.list, { label, answer: predicted }) }, ...images.slice(0, MOST).map((image) => element("li", {}, thumbnail(image, said))));
  const close = element("button", { type: "button", className: "button small quiet" }, text.close);
  close.addEventListener("click", () => {
    holder.replaceChildren();
    onClose();
  });
  holder.replaceChildren(said, ...(images.length > 0 ? [list] : []), close);
  // A live region tells what changes in it.
  said.textContent = isEmpty ? empty : sentences(wanted.words, more, gone);
}

/** @param {import("./state.js").Image} image @param {HTMLElement} place where the focus goes when the image is removed */
function thumbnail(image, place) {
  const button = element("button", { type: "button", title: image.name }, element("img", { src: thumbnailUrl(image), alt: image.name, width: 80, height: 80, loading: "lazy" }));
  button.addEventListener("click", () => showImage(image, () => {
    place.tabIndex = -1;
    place.focus();
  }));
  return button;
}
