// "What leaves this device": what was asked for over the network, from the browser's own count, and how to test it.

import { countRequests, requestsOfThread } from "../shared/requests.js";
import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { currentTrainer } from "./session.js";
import { bytes, commas, counted, fill } from "./words.js";

const text = words.privacy;

/** @typedef {import("../shared/requests.js").NetworkRequest} NetworkRequest */

export function wirePrivacy() {
  countRequests();
  document.body.append(privacyDialog());
  byId("privacy-open", HTMLButtonElement).addEventListener("click", () => void show());
}

async function show() {
  const ofWorkers = await (currentTrainer()?.requests() ?? Promise.resolve([])).catch(() => []); // a dead worker has none
  const own = element("li", {}, location.href.split(/[?#]/)[0]);
  const all = [...requestsOfThread(), ...ofWorkers];
  setText(byId("privacy-words", HTMLElement), wordsFor(all));
  byId("privacy-list", HTMLElement).replaceChildren(own, ...all.map(({ url, bytes: received }) => element("li", {}, commas([short(url), received === 0 ? text.keptByBrowser : bytes(received)]))));
  byId("privacy-dialog", HTMLDialogElement).showModal();
}

/** @param {NetworkRequest[]} all */
function wordsFor(all) {
  const foreign = all.filter(({ url }) => new URL(url).origin !== location.origin).length;
  const received = bytes(all.reduce((sum, one) => sum + one.bytes, 0));
  return fill(foreign === 0 ? text.allOwn : text.someForeign, { requests: counted(all.length + 1, words.nouns.request), host: location.host, foreign, received });
}

/** @param {string} url */
const short = (url) => (url.startsWith(location.origin) ? url.slice(location.origin.length) : url);

function privacyDialog() {
  const close = element("button", { type: "button", className: "button" }, text.close);
  const list = element("ul", { className: "hint wrap privacy-list", id: "privacy-list", tabIndex: 0, ariaLabel: text.each });
  const made = element("dialog", { className: "dialog projects-dialog", id: "privacy-dialog" },
    element("h3", { id: "privacy-title" }, text.title),
    element("p", { id: "privacy-words" }),
    element("p", {}, text.policy),
    element("p", {}, text.test),
    element("details", { className: "fold" }, element("summary", {}, text.each), list),
    close);
  close.addEventListener("click", () => made.close());
  made.addEventListener("click", (event) => event.target === made && made.close());
  made.setAttribute("aria-labelledby", "privacy-title");
  made.dataset.testid = "privacy";
  return made;
}
