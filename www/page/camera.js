// A camera: opened, its frames taken as pictures, switched off. Says in a sentence why there is none.

import { words } from "./language.js";
import { fill } from "./words.js";

/** Wanted of the camera; the network sees 224 px of it. */
const [WIDTH, HEIGHT] = [640, 480];
const QUALITY = 0.92;

const text = words.camera;
/** By the names that browsers give to the failure. @type {Record<string, string>} */
const REASONS = text.reasons;

export class Camera {
  /** @type {MediaStream} */
  #stream;
  /** @type {HTMLVideoElement} */
  #video;
  #canvas = document.createElement("canvas");

  /**
   * Opens a camera and shows it in `video`. Rejects with an Error whose message is for the person.
   * @param {HTMLVideoElement} video
   * @param {{deviceId?: string, onLost: () => void}} options `onLost`: it was unplugged, or taken away
   * @returns {Promise<Camera>}
   */
  static async open(video, { deviceId, onLost }) {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error(text.insecure);
    const which = deviceId ? { deviceId: { exact: deviceId } } : {};
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDTH }, height: { ideal: HEIGHT }, ...which } });
      for (const track of stream.getTracks()) track.addEventListener("ended", onLost);
      return new Camera(video, stream);
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      throw new Error(REASONS[name] ?? fill(text.otherReason, { reason: name || String(error) }));
    }
  }

  /** Use `Camera.open`. @param {HTMLVideoElement} video @param {MediaStream} stream */
  constructor(video, stream) {
    this.#video = video;
    this.#stream = stream;
    video.srcObject = stream;
    // As a mirror, but for a camera that looks away from the person.
    video.classList.toggle("mirror", this.#settings.facingMode !== "environment");
    video.play().catch(() => {}); // closed before it began
  }

  get #settings() {
    return this.#stream.getVideoTracks()[0]?.getSettings() ?? {};
  }

  /** Of the frame that is shown: equal for equal frames. */
  get time() {
    return this.#video.currentTime;
  }

  get deviceId() {
    return this.#settings.deviceId ?? "";
  }

  /** The frame of now as a JPEG; null before the first one. @returns {Promise<Blob | null>} */
  async picture() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const context = this.#canvas.getContext("2d");
    if (!context || width === 0) return null;
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    context.drawImage(this.#video, 0, 0);
    return new Promise((resolve) => this.#canvas.toBlob(resolve, "image/jpeg", QUALITY));
  }

  /** Switches it off, and its light with it. */
  close() {
    for (const track of this.#stream.getTracks()) track.stop();
    if (this.#video.srcObject === this.#stream) this.#video.srcObject = null;
  }
}

/** The cameras by name; names are known once one was allowed. @returns {Promise<{id: string, name: string}[]>} */
export async function cameras() {
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []) ?? [];
  const found = devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
  return found.map(({ deviceId, label }, at) => ({ id: deviceId, name: label || fill(text.numbered, { number: at + 1 }) }));
}
