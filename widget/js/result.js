// What a training is worth: the accuracy with its interval, and the confusion matrix as a table.
import { make, percent } from "./elements.js";

/** @import { Report } from "./protocol.js" */

/** @param {Report} report @returns {HTMLElement[]} */
export function drawResult({ accuracy, interval, train, validation, bestEpoch, labels, confusion }) {
  const [low, high] = interval.map(percent);
  const sentence = `${percent(accuracy)} of ${validation} validation pictures are right (95 % interval ${low} to ${high}). Trained on ${train}; epoch ${bestEpoch} was best.`;
  const most = Math.max(1, ...confusion.flat());
  const head = make("tr", {}, make("th", { scope: "col" }, "true \\ predicted"), ...labels.map((label) => make("th", { scope: "col" }, label)));
  const rows = confusion.map((row, at) => {
    const cells = row.map((count, column) => {
      const cell = make("td", column === at ? { class: "right" } : {}, String(count));
      cell.style.setProperty("--share", String(count / most));
      return cell;
    });
    return make("tr", {}, make("th", { scope: "row" }, labels[at]), ...cells);
  });
  const table = make("table", { "data-testid": "confusion" }, make("thead", {}, head), make("tbody", {}, ...rows));
  return [make("p", { "data-testid": "val-accuracy" }, sentence), table];
}
