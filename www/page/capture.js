// Images from the camera into one class: pressed and held, the button takes eight a second, and a release ends the burst.
// The camera is on only while the dialog is open.

import { addItems } from "./adding.js";
import { FEW_BURSTS, burstName } from "./bursts.js";
import { Camera, cameras } from "./camera.js";
import { byId, element, setText } from "./elements.js";
import { words } from "./language.js";
import { counted, fill } from "./words.js";

const text = words.capture;
const EVERY_MS = 125;

/** @type {ReturnType<typeof makeDialog> | undefined} */
let parts;
/** @type {Camera | null} */
let camera = null;
/** Opening is told apart from what was opened before. */
let opening = 0;
let isHeld = false;
/** Images of the bursts that ended while the dialog is open, by class. @type {Map<string, number[]>} */
let taken = new Map();

/** Puts the camera beside the other ways to add images. */
export function wireCapture() {
  const button = element("button", { type: "button", className: "button" }, text.use);
  button.dataset.testid = "add-camera";
  button.addEventListener("click", () => openCapture(byId("class-name", HTMLInputElement).value.trim()));
  byId("add-files-form", HTMLFormElement).append(button);
}

/** Opens the dialog. @param {string} label of the class; it can be changed there */
export function openCapture(label) {
  parts ??= makeDialog();
  const { dialog, name } = parts;
  name.value = label;
  taken = new Map();
  tellTaken();
  dialog.showModal();
  (label ? dialog : name).focus();
  void start();
}

/** @param {string} [deviceId] */
async function start(deviceId) {
  if (!parts) return;
  const mine = ++opening;
  camera?.close();
  camera = null;
  const { video, hold, fault } = parts;
  fault.hidden = true;
  hold.disabled = true;
  try {
    const opened = await Camera.open(video, { deviceId, onLost: () => mine === opening && fail(text.lost) });
    if (mine !== opening) return opened.close();
    camera = opened;
    hold.disabled = false;
    if (document.activeElement !== parts.name) hold.focus(); // who is typing goes on
    await offerCameras(opened);
  } catch (error) {
    if (mine === opening) fail(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} message */
function fail(message) {
  isHeld = false;
  camera?.close();
  camera = null;
  if (!parts) return;
  setText(parts.reason, message);
  parts.fault.hidden = false;
  parts.hold.disabled = true;
  parts.again.focus();
}

/** A choice where there are several. @param {Camera} open */
async function offerCameras(open) {
  const found = await cameras();
  if (!parts || camera !== open) return;
  parts.which.hidden = found.length < 2;
  parts.choice.replaceChildren(...found.map(({ id, name }) => element("option", { value: id, selected: id === open.deviceId }, name)));
}

/** Begins a burst; a class without a name is asked for first. */
function press() {
  if (!parts || !camera || isHeld) return;
  const { name, hold } = parts;
  const label = name.value.trim().normalize("NFC");
  if (!label) return void name.reportValidity();
  isHeld = true;
  hold.classList.add("held");
  void take(camera, label);
}

function release() {
  isHeld = false;
}

/** One burst: at least one image, however short it was. @param {Camera} from @param {string} label */
async function take(from, label) {
  const name = burstName(new Date());
  /** @type {File[]} */
  const files = [];
  let time = -1;
  for (let next = performance.now(); isHeld || files.length === 0; next += EVERY_MS) {
    const isNew = from.time !== time;
    time = from.time;
    const picture = isNew ? await from.picture() : null;
    const isOver = camera !== from;
    if (picture) files.push(new File([picture], `${name}-${String(files.length + 1).padStart(3, "0")}.jpg`, { type: picture.type }));
    if (isOver) break;
    if (parts) setText(parts.counter, counted(files.length, words.nouns.image));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next + EVERY_MS - performance.now())));
  }
  parts?.hold.classList.remove("held");
  if (files.length === 0) return;
  taken.set(label, [...(taken.get(label) ?? []), files.length]);
  addItems(files.map((file) => ({ file, label, name: file.name })), performance.now());
  tellTaken();
}

/** What was taken, and what to do next for an honest validation. */
function tellTaken() {
  if (!parts) return;
  const label = parts.name.value.trim().normalize("NFC");
  const bursts = taken.get(label) ?? [];
  const images = bursts.reduce((sum, count) => sum + count, 0);
  setText(parts.counter, images > 0 ? fill(text.taken, { images: counted(images, words.nouns.image), bursts: counted(bursts.length, words.nouns.burst) }) : "");
  const advice = bursts.length === 0 ? text.why : bursts.length < FEW_BURSTS ? text.soFar : text.enough;
  setText(parts.advice, fill(advice, { bursts: counted(bursts.length, words.nouns.burst), label, least: FEW_BURSTS }));
}

/** Ends what runs; a burst that is cut off stays. */
function stop() {
  release();
  opening++;
  camera?.close();
  camera = null;
}

function makeDialog() {
  const name = element("input", { type: "text", required: true, maxLength: 300, placeholder: text.placeholder });
  name.setAttribute("list", "class-names");
  const video = element("video", { muted: true, playsInline: true, className: "camera-view", ariaLabel: text.camera });
  const counter = element("p", { className: "camera-count", ariaHidden: "true" });
  const choice = element("select");
  const which = element("label", { className: "field", hidden: true }, element("span", {}, text.camera), choice);
  const [reason, again] = [element("p", { className: "wrap" }), element("button", { type: "button", className: "button small" }, text.tryAgain)];
  const fault = element("div", { className: "alert", role: "alert", hidden: true }, reason, again);
  const advice = element("p", { className: "hint wrap", role: "status" });
  const hold = element("button", { type: "button", className: "button primary hold" }, text.hold);
  const done = element("button", { type: "button", className: "button" }, text.done);
  const title = element("h3", { id: "capture-title" }, text.title);
  const frame = element("div", { className: "camera-frame" }, video, counter);
  const dialog = element("dialog", { className: "dialog capture" }, title,
    element("label", { className: "field" }, element("span", {}, text.className), name), frame, which, fault, advice, element("div", { className: "actions" }, hold, done));
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.dataset.testid = "capture";
  document.body.append(dialog);
  name.addEventListener("input", tellTaken);
  choice.addEventListener("change", () => void start(choice.value));
  again.addEventListener("click", () => void start());
  done.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", stop);
  document.addEventListener("visibilitychange", () => document.hidden && release());
  wireHold(hold);
  return { dialog, name, video, counter, choice, which, fault, reason, again, advice, hold };
}

/** By pointer and by key; a click that is neither, as assistive technology sends it, begins and ends a burst. @param {HTMLButtonElement} hold */
function wireHold(hold) {
  const isKey = (/** @type {KeyboardEvent} */ { key }) => key === " " || key === "Enter";
  hold.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    hold.setPointerCapture(event.pointerId);
    press();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) hold.addEventListener(end, release);
  hold.addEventListener("keydown", (event) => {
    if (!isKey(event)) return;
    event.preventDefault();
    if (!event.repeat) press();
  });
  hold.addEventListener("keyup", (event) => {
    if (!isKey(event)) return;
    event.preventDefault();
    release();
  });
  hold.addEventListener("click", (event) => {
    const isPointer = event instanceof PointerEvent && event.pointerType !== "";
    if (!isPointer && event.detail === 0) isHeld ? release() : press();
  });
  hold.addEventListener("contextmenu", (event) => event.preventDefault());
}
