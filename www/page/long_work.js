// Work that takes a while: the screen stays on meanwhile, and who has turned to something else is told when it is over.

import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { scheduleDraw } from "./state.js";
import { fill } from "./words.js";

/** @typedef {import("./state.js").State} State */

/** What is over sooner needs neither a screen that stays on nor a notice. */
const LONG_MS = 10_000;
/** Left, where a notice is offered. */
const OFFERED_SECONDS = 20;
const TAG = "headstart";

const offer = element("button", { type: "button", className: "button", hidden: true });
offer.dataset.testid = "notify";

/** When the first of the jobs that follow on each other began; null while none runs. @type {number | null} */
let began = null;
/** @type {WakeLockSentinel | null} */
let lock = null;
let isAsking = false;
/** Whether a notice could be asked for. To look it up asks another process, so it is not done at every draw. */
let canAsk = false;
/** The words of what is over, until the page is looked at. */
let over = "";

export function wireLongWork() {
  setText(offer, words.long_work.offer);
  lookUpPermission();
  offer.addEventListener("click", () => {
    canAsk = false;
    offer.hidden = true;
    void Notification.requestPermission().then(lookUpPermission);
  });
  byId("stop", HTMLButtonElement).after(offer);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    over = "";
    lookUpPermission();
    scheduleDraw(); // of the title: nothing else may change for long
    void holdScreen(); // the browser lets go of it with a hidden page
  });
}

function lookUpPermission() {
  canAsk = "Notification" in window && Notification.permission === "default";
}

/** What the title of the tab says while the page is not looked at and work has ended. */
export const overTitle = () => over;

/** @param {State} state */
export function drawLongWork(state) {
  const { job } = state;
  const left = job && "secondsLeft" in job ? (job.secondsLeft ?? 0) : 0;
  offer.hidden = left < OFFERED_SECONDS || !canAsk;
  const goesOn = job !== null || state.waiting > 0 && state.engine !== "failed" || state.trainAfterAdding || state.queue.length > 0 && !state.failed;
  if (goesOn) {
    began ??= performance.now();
    void holdScreen();
    return;
  }
  if (began === null) return;
  const isLong = performance.now() - began >= LONG_MS;
  began = null;
  void lock?.release();
  if (isLong && document.hidden) tell(state);
}

/** Asks for it once the work has turned out to be long. Refused, with a low battery for example, nothing is lost. */
async function holdScreen() {
  const isWanted = () => began !== null && performance.now() - began >= LONG_MS && !document.hidden;
  if (!isWanted() || (lock && !lock.released) || isAsking || !("wakeLock" in navigator)) return;
  isAsking = true;
  try {
    lock = await navigator.wakeLock.request("screen");
    if (!isWanted()) await lock.release();
  } catch {
    lock = null;
  } finally {
    isAsking = false;
  }
}

/** @param {State} state */
function tell(state) {
  const { stopped, trained, done } = words.long_work;
  const text = state.failed ? stopped : state.report && !state.stale ? trained : done;
  over = fill(words.long_work.title, { text });
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  try {
    const notice = new Notification("headstart", { body: text, tag: TAG, icon: "icon.svg" });
    notice.addEventListener("click", () => {
      window.focus();
      notice.close();
    });
  } catch {
    // Phones allow it to service workers alone.
    void navigator.serviceWorker?.getRegistration().then((worker) => worker?.showNotification("headstart", { body: text, tag: TAG }));
  }
}
