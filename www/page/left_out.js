// Files that were not taken, each with its reason.

import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { change } from "./state.js";
import { translated } from "./translate.js";
import { counted, fill } from "./words.js";

/** Rows drawn at most: a list of thousands is read by nobody. */
const SHOWN = 200;

/** @type {import("./state.js").Rejected[]} */
let drawn = [];

/** @param {import("./state.js").State} state */
export function drawLeftOut({ rejected }) {
  if (rejected === drawn) return;
  drawn = rejected;
  byId("rejected", HTMLElement).hidden = rejected.length === 0;
  setText(byId("rejected-summary", HTMLElement), counted(rejected.length, words.left_out.summary));
  const rows = rejected.slice(0, SHOWN).map(({ name, ...told }) => {
    const reason = translated(told.reason);
    // Most reasons name the file themselves.
    const title = reason.includes(name) ? [] : [element("strong", { className: "wrap" }, name), " "];
    return element("li", { className: "wrap" }, ...title, reason);
  });
  if (rejected.length > SHOWN) rows.push(element("li", {}, fill(words.left_out.more, { files: counted(rejected.length - SHOWN, words.nouns.moreFile) })));
  byId("rejected-list", HTMLElement).replaceChildren(...rows);
}

export function wireLeftOut() {
  byId("rejected-clear", HTMLButtonElement).addEventListener("click", () => {
    change((s) => (s.rejected = []));
    byId("images-heading", HTMLElement).focus();
  });
}
