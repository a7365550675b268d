// One queue for all work: what is asked for while something else runs waits in the dock, in order, and begins by itself. After an
// error nothing begins before the person says so.

import { byId, element } from "./elements.js";
import { words } from "./language.js";
import { currentTrainer } from "./session.js";
import { change, state } from "./state.js";
import { fill } from "./words.js";

/** `key`: the same for what is worth doing once. @typedef {{key: string, title: string, start: () => void}} Queued */

const text = words.queue;

/** Begins now, or after all that was asked for before. @param {Queued} queued */
export function startOrQueue(queued) {
  if (isFree() && state.queue.length === 0) return queued.start();
  if (!isAsked(state, queued.key)) change((s) => (s.queue = [...s.queue, queued]));
}

/** Whether it waits or runs. @param {import("./state.js").State} state @param {string} key */
export const isAsked = ({ queue, job }, key) => (job?.kind === "reviewing" && job.key === key) || queue.some((queued) => queued.key === key);

/** Begins what waits first, where nothing else is to come before it. */
export function startNext() {
  const [next, ...rest] = state.queue;
  if (!next || !isFree()) return;
  change((s) => (s.queue = rest));
  next.start();
}

const isFree = () => currentTrainer() !== null && state.job === null && state.gathering === null && state.waiting === 0;

/** @type {Queued[]} */
let drawn = [];
let wasStuck = false;

/** @param {import("./state.js").State} state */
export function drawQueue({ queue, failed }) {
  const list = byId("queue", HTMLElement);
  list.hidden = queue.length === 0;
  const isStuck = failed && isFree();
  if (queue === drawn && isStuck === wasStuck) return;
  [drawn, wasStuck] = [queue, isStuck];
  const hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...queue.map(line), ...(isStuck ? [element("li", {}, button(text.goOn, startNext))] : []));
  if (hadFocus) (list.querySelector("button") ?? byId("train-heading", HTMLElement)).focus({ preventScroll: true });
}

/** @param {Queued} queued @param {number} at */
function line(queued, at) {
  const remove = button(text.remove, () => change((s) => (s.queue = s.queue.filter((other) => other !== queued))));
  remove.ariaLabel = fill(text.removeLabel, { title: queued.title });
  return element("li", {}, element("span", {}, fill(at === 0 ? text.next : text.then, { title: queued.title })), remove);
}

/** @param {string} name @param {() => void} run */
function button(name, run) {
  const made = element("button", { type: "button", className: "link" }, name);
  made.addEventListener("click", run);
  return made;
}
