// The two dialogs: a question with a name or a yes, and one image large. The browser puts the focus back.

import { takeOut } from "./edits.js";
import { byId, setText } from "./elements.js";
import { clearFit, showFit } from "./fit.js";
import { clearInsight, showInsight } from "./image_insight.js";
import { words } from "./language.js";
import { sideWords } from "./sides.js";
import { imagesById, state } from "./state.js";
import { hasPicture, thumbnailUrl } from "./told_image.js";
import { fill, sentences } from "./words.js";

const said = words.dialogs;

/**
 * @param {{title: string, text: string, yes: string, danger?: boolean, input?: string, field?: string}} question
 *   with `input`, a field that starts with that text, named `field`
 * @returns {Promise<string | null>} what was typed, "yes" where nothing was to type, null where it was cancelled
 */
export function ask({ title, text, yes, danger = false, input, field: fieldName = said.className }) {
  const dialog = byId("question", HTMLDialogElement);
  const form = byId("question-form", HTMLFormElement);
  const field = byId("question-input", HTMLInputElement);
  const button = byId("question-yes", HTMLButtonElement);
  setText(byId("question-title", HTMLElement), title);
  setText(byId("question-text", HTMLElement), text);
  setText(button, yes);
  setText(byId("question-label", HTMLElement), fieldName);
  button.className = danger ? "button danger" : "button primary";
  byId("question-field", HTMLElement).hidden = input === undefined;
  field.required = input !== undefined;
  field.value = input ?? "";
  /** @type {string | null} */
  let answer = null;
  form.onsubmit = (event) => {
    event.preventDefault();
    const typed = field.value.trim();
    if (input !== undefined && !typed) return;
    answer = input === undefined ? "yes" : typed;
    dialog.close();
  };
  byId("question-no", HTMLButtonElement).onclick = () => dialog.close();
  dialog.showModal();
  return new Promise((resolve) => (dialog.onclose = () => resolve(answer)));
}

/**
 * Shows one image with what is known of it, and lets it be removed.
 * @param {import("./state.js").Image} image
 * @param {() => void} onRemoved called before the image goes, to find the focus another place
 */
export function showImage(image, onRemoved) {
  const dialog = byId("image-dialog", HTMLDialogElement);
  const picture = byId("image-dialog-image", HTMLImageElement);
  const remove = byId("image-dialog-remove", HTMLButtonElement);
  picture.src = thumbnailUrl(image);
  setText(byId("image-dialog-name", HTMLElement), image.name);
  setText(byId("image-dialog-about", HTMLElement), about(image));
  remove.disabled = state.job !== null;
  remove.onclick = () => {
    dialog.close();
    onRemoved();
    void takeOut([image]);
  };
  byId("image-dialog-close", HTMLButtonElement).onclick = () => dialog.close();
  // Gives nothing back: false would take every click its effect.
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close();
  };
  dialog.onclose = () => {
    clearInsight();
    clearFit();
  };
  showInsight(image, (other) => showImage(other, onRemoved));
  showFit(image, (changed) => showImage(changed, onRemoved), () => dialog.close());
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  // Its buttons may be below the edge of a small screen.
  byId("image-dialog-name", HTMLElement).focus({ preventScroll: true });
}

/** @param {import("./state.js").Image} image */
function about(image) {
  const side = sideWords(image.id);
  if (!hasPicture(image)) return sentences(fill(side ? said.featuresWithSide : said.features, { label: image.label, side }), alike(image));
  const size = { width: String(image.width), height: String(image.height) };
  const first = fill(side ? said.aboutWithSide : said.about, { label: image.label, side, ...size });
  return sentences(first, image.unusualDecoder ? said.ownDecoder : "", alike(image));
}

/** What it looks like, where that is still here. @param {import("./state.js").Image} image */
function alike({ id, looksLike }) {
  const images = imagesById(state);
  const others = state.groups.find((group) => group.includes(id))?.filter((other) => other !== id) ?? [];
  const twin = [looksLike, ...others].map((other) => images.get(other ?? -1)).find((image) => image !== undefined);
  if (!twin) return "";
  // The tail split knows no groups.
  return fill(state.options.split === "hash" ? said.alikeOneSide : said.alike, { name: twin.name });
}
