// The device and why it is that one; the weights on their way.

import { byId, setText } from "./elements.js";
import { words } from "./language.js";
import { translated } from "./translate.js";
import { commas, counted, fill, percent } from "./words.js";

const text = words.masthead;

/** @param {import("./state.js").State} state */
export function drawDevice({ engine, weights, facts }) {
  const root = byId("device", HTMLElement);
  root.dataset.engine = engine;
  const name = byId("device-name", HTMLElement);
  const reason = byId("device-reason", HTMLElement);
  if (facts) {
    // The reason names the device first: "CPU, because this browser does not offer WebGPU."
    setText(name, text.runsOn);
    setText(reason, translated(facts.reason));
    root.title = commas([facts.adapter, counted(facts.workers, words.nouns.worker), facts.simd].filter(Boolean));
  } else if (engine === "failed") {
    setText(name, text.notReady);
    setText(reason, text.notLoaded);
  } else {
    setText(name, text.loading);
    setText(reason, weights === null ? text.onItsWay : fill(text.onItsWayShare, { share: percent(Math.floor(weights * 100) / 100) }));
  }
}
