// What the camera sees, classified again and again: one frame at a time, never a queue of them, as bars that are smoothed a
// little. It ends, and the camera with it, when the page or the section is hidden.

import { Camera } from "./camera.js";
import { byId, element, setText } from "./elements.js";
import { lane } from "./lane.js";
import { words } from "./language.js";
import { described, dismiss, isAbort, report } from "./problems.js";
import { currentTrainer } from "./session.js";
import { state } from "./state.js";
import { NONE, isNone } from "./threshold.js";
import { fill, percent } from "./words.js";

const text = words.live;
/** Bars follow the answers with this time constant. */
const SMOOTHING_SECONDS = 0.25;
/** Bars shown at most. */
const SHOWN = 20;
/** An answer that stays so long is told to screen readers. */
const SETTLED_MS = 1000;

/** @typedef {{last: number, rate: number, shares: Map<string, number>, best: string, since: number}} Running `rate`: frames per second */

/** @type {ReturnType<typeof makeParts> | undefined} */
let parts;
/** @type {Camera | null} */
let camera = null;
/** What runs is told apart from what ran before. */
let turn = 0;

export function wireLive() {
  parts = makeParts();
  const { toggle, root } = parts;
  const choose = byId("predict-input", HTMLElement).closest("label");
  const actions = element("div", { className: "actions" });
  choose?.before(actions);
  actions.append(...(choose ? [choose] : []), toggle);
  byId("predict-drop", HTMLElement).after(root);
  toggle.addEventListener("click", () => (camera ? stop() : void start()));
  document.addEventListener("visibilitychange", () => document.hidden && stop());
}

/** @param {import("./state.js").State} state */
export function drawLive({ job, lab, report }) {
  if (!parts) return;
  parts.toggle.disabled = job !== null && !camera;
  if (camera && (lab.isOpen || (!report && !job))) stop();
}

async function start() {
  if (!parts || !currentTrainer() || state.job) return;
  const mine = ++turn;
  dismiss("predict");
  parts.root.hidden = false;
  setText(parts.toggle, text.stop);
  try {
    const opened = await Camera.open(parts.video, { onLost: () => mine === turn && fail(text.lost) });
    if (mine !== turn) return opened.close();
    camera = opened;
    await run(opened, () => mine === turn);
  } catch (error) {
    if (mine !== turn) return;
    if (isAbort(error)) stop();
    else fail(described(error).message);
  }
}

/** @param {string} message */
function fail(message) {
  stop();
  report("predict", message);
}

function stop() {
  turn++;
  camera?.close();
  camera = null;
  if (!parts) return;
  parts.root.hidden = true;
  parts.lanes.replaceChildren();
  setText(parts.answer, "");
  setText(parts.toggle, text.use);
}

/** Frame by frame: the next one is taken when the last one is answered. @param {Camera} from @param {() => boolean} isCurrent */
async function run(from, isCurrent) {
  /** @type {Running} */
  const running = { last: performance.now(), rate: 0, shares: new Map(), best: "", since: 0 };
  while (isCurrent() && parts) {
    await nextFrame(parts.video);
    const trainer = currentTrainer();
    if (!isCurrent() || !trainer) continue;
    if (state.job) {
      setText(parts.pace, text.waits);
      running.last = performance.now();
      continue;
    }
    const picture = await from.picture();
    const ranked = picture && isCurrent() ? await trainer.predict(picture) : null;
    if (ranked && isCurrent()) show(running, ranked);
  }
}

/** The next frame of the camera. @param {HTMLVideoElement} video @returns {Promise<unknown>} */
const nextFrame = (video) =>
  new Promise((resolve) => ("requestVideoFrameCallback" in video ? video.requestVideoFrameCallback(resolve) : requestAnimationFrame(resolve)));

/** @param {Running} running @param {import("./state.js").Ranked[]} ranked */
function show(running, ranked) {
  const now = performance.now();
  const seconds = (now - running.last) / 1000;
  running.last = now;
  running.rate = running.rate === 0 ? 1 / seconds : 0.9 * running.rate + 0.1 / seconds;
  const weight = 1 - Math.exp(-seconds / SMOOTHING_SECONDS);
  for (const { label, probability } of ranked) {
    const before = running.shares.get(label) ?? probability;
    running.shares.set(label, before + weight * (probability - before));
  }
  drawLanes(running);
  tellAnswer(running, now);
  if (parts) setText(parts.pace, fill(text.pace, { rate: running.rate.toFixed(running.rate < 10 ? 1 : 0) }));
}

/** The classes keep their places, so that the eye can follow a bar; of many, the likeliest. @param {Running} running */
function drawLanes({ shares }) {
  if (!parts) return;
  const inOrder = (state.report?.labels ?? [...shares.keys()]).filter((label) => shares.has(label));
  const likeliest = new Set([...shares].sort((a, b) => b[1] - a[1]).slice(0, SHOWN).map(([label]) => label));
  const labels = inOrder.filter((label) => likeliest.has(label));
  const rows = [...parts.lanes.children];
  if (labels.length !== rows.length || labels.some((label, at) => rows[at] instanceof HTMLElement && rows[at].dataset.label !== label)) {
    parts.lanes.replaceChildren(...labels.map(labelledLane));
  }
  const best = Math.max(...shares.values());
  [...parts.lanes.children].forEach((row, at) => {
    const share = shares.get(labels[at]) ?? 0;
    row.classList.toggle("best", share === best);
    const [fill, value] = [row.querySelector(".lane-fill"), row.querySelector(".lane-value")];
    if (fill instanceof HTMLElement) fill.style.setProperty("--share", share.toFixed(4));
    if (value) setText(value, percent(share));
  });
}

/** @param {string} label */
function labelledLane(label) {
  const row = lane(label, 0);
  row.dataset.label = label;
  return row;
}

/** Not each frame's answer: the one that stays. @param {Running} running @param {number} now */
function tellAnswer(running, now) {
  const [label, probability] = [...running.shares].reduce((a, b) => (b[1] > a[1] ? b : a));
  const hasNone = isNone([{ label, probability }]);
  const best = hasNone ? NONE : label;
  parts?.lanes.classList.toggle("unsure", hasNone);
  if (parts) parts.none.hidden = !hasNone;
  if (best !== running.best) Object.assign(running, { best, since: now });
  else if (parts && now - running.since > SETTLED_MS) setText(parts.answer, fill(text.answer, { label: best }));
}

function makeParts() {
  const video = element("video", { muted: true, playsInline: true, className: "camera-view", ariaLabel: text.camera });
  const pace = element("figcaption", { className: "hint" });
  const lanes = element("ol", { className: "lanes live-lanes", ariaLabel: text.shown });
  lanes.dataset.testid = "live";
  const answer = element("p", { className: "visually-hidden", role: "status" });
  const none = element("p", { className: "none", hidden: true }, text.none);
  const figure = element("figure", { className: "seen" }, element("div", { className: "camera-frame" }, video), pace);
  const root = element("div", { className: "predicted", hidden: true }, figure, element("div", {}, none, lanes), answer);
  const toggle = element("button", { type: "button", className: "button" }, text.use);
  toggle.dataset.testid = "predict-camera";
  return { video, pace, lanes, answer, none, root, toggle };
}
