// Beside the curves: how much they are smoothed, and how to look closer.

import { element, setText } from "./elements.js";
import { words } from "./language.js";
import { MOST_SMOOTHING } from "./smoothing.js";
import { change, state } from "./state.js";

const text = words.curves;

export function makeCurveControls() {
  const slider = element("input", { type: "range", min: "0", max: String(MOST_SMOOTHING), step: "0.05", value: String(state.smoothing) });
  const value = element("strong");
  const show = () => {
    const said = state.smoothing === 0 ? text.off : state.smoothing.toFixed(2);
    setText(value, said);
    slider.ariaValueText = said;
  };
  slider.addEventListener("input", () => {
    change((s) => (s.smoothing = Number(slider.value)));
    show();
  });
  show();
  const field = element("label", { className: "field" }, element("span", {}, text.smoothing, " ", value), slider);
  return element("div", { className: "curve-controls" }, field, element("p", { className: "hint" }, text.closer));
}
