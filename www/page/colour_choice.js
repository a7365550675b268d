// The choice of a class's colour, loaded when it is first asked for.

import { usualColour } from "./class_colours.js";
import { giveColour } from "./edits.js";
import { element, setText } from "./elements.js";
import { words } from "./language.js";
import { state } from "./state.js";
import { fill } from "./words.js";

const text = words.colour_choice;

/** @type {ReturnType<typeof makeDialog> | undefined} */
let parts;

/** @param {string} label */
export function chooseColour(label) {
  parts ??= makeDialog();
  const { dialog, title, input, usual } = parts;
  setText(title, fill(text.title, { label }));
  const show = () => {
    input.value = state.colours.get(label) ?? hex(usualColour(dialog, label));
    usual.disabled = !state.colours.has(label);
  };
  input.onchange = async () => {
    await giveColour(label, input.value);
    show();
  };
  usual.onclick = async () => {
    await giveColour(label, null);
    show();
    input.focus();
  };
  show();
  dialog.showModal();
}

function makeDialog() {
  const title = element("h3", { className: "wrap", id: "colour-title" });
  const input = element("input", { type: "color" });
  const button = (/** @type {string} */ name) => element("button", { type: "button", className: "button" }, name);
  const [usual, close] = [button(text.usual), button(text.close)];
  const dialog = element("dialog", { className: "dialog" }, title, element("label", { className: "field colour-field" }, element("span", {}, text.colour), input),
    element("p", { className: "hint" }, text.about), element("div", { className: "actions" }, usual, close));
  dialog.setAttribute("aria-labelledby", title.id);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  return { dialog, title, input, usual };
}

/** "rgb(11, 95, 165)" → "#0b5fa5" @param {string} colour */
const hex = (colour) => `#${(colour.match(/\d+/g) ?? []).slice(0, 3).map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
