// The device and why it is that one; the weights on their way.

import { byId, setText } from "./elements.js";
import { percent } from "./words.js";

/** @param {import("./state.js").State} state */
export function drawDevice({ engine, weights, facts }) {
  const root = byId("device", HTMLElement);
  root.dataset.engine = engine;
  const name = byId("device-name", HTMLElement);
  const reason = byId("device-reason", HTMLElement);
  if (facts) {
    // The reason names the device first: "CPU, because this browser does not offer WebGPU."
    setText(name, "Runs on");
    setText(reason, facts.reason);
    root.title = [facts.adapter, `${facts.workers} workers`, facts.simd].filter(Boolean).join(", ");
  } else if (engine === "failed") {
    setText(name, "Not ready");
    setText(reason, "The network could not be loaded.");
  } else {
    setText(name, "Loading");
    const share = weights === null ? "" : `, ${percent(Math.floor(weights * 100) / 100)}`;
    setText(reason, `The frozen network is on its way${share}. You can choose images meanwhile.`);
  }
}
