// The widget for anywidget: one session for each model, and a view of it in each cell that shows it.
import { answerCalls } from "./calls.js";
import { placeFiles } from "./files.js";
import { Session } from "./session.js";
import { showSession } from "./view.js";

/** @import { Model } from "./protocol.js" */

/** Milliseconds between what Python is told of a training. */
const TELL_EVERY_MS = 400;

/** A host calls this once for each widget, so that its session lives as long as its model, however many cells show it. */
export default function widget() {
  /** @type {Session | undefined} */
  let session;
  return {
    /** @param {{model: Model}} props */
    initialize({ model }) {
      session = open(model);
      return () => session?.free();
    },
    /** @param {{model: Model, el: HTMLElement}} props */
    render({ model, el }) {
      session ??= open(model);
      return showSession(session, el);
    },
  };
}

/** @param {Model} model */
function open(model) {
  const [device, workers] = [model.get("device"), model.get("workers") ?? undefined];
  const onProgress = (/** @type {string} */ progress) => session.change({ progress });
  const place = async () => ({ weightsUrl: await placeFiles(model, device, onProgress) });
  const session = new Session(() => Promise.resolve().then(place), model.get("options"), { device, workers });
  keepTelling(session, answerCalls(model, session));
  return session;
}

/** Tells Python what there is, now and then. @param {Session} session @param {ReturnType<typeof answerCalls>} kernel */
function keepTelling(session, { tell }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  session.onChange(() => {
    timer ??= setTimeout(() => {
      timer = undefined;
      tell();
    }, TELL_EVERY_MS);
  });
}
