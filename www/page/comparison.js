// A quick comparison: each head on the same folds of the same images, and, as the network is changed, each network. The
// best is marked, and no more is claimed than the intervals allow. Rows that are done stay when it is stopped.

import { keyOf, runMany, unchosen } from "./cross_validation.js";
import { byId, cell, element, scroller, setText } from "./elements.js";
import { plotFiles } from "./plot_files.js";
import { change, filledClasses, state } from "./state.js";
import { bytes, duration, percent } from "./words.js";

/** @typedef {import("../shared/protocol.js").Head} Head */
/** `images`: what `keyOf` said. @typedef {{backbone: string, head: Head, accuracy: number, interval: [number, number], seconds: number, bytes: number, images: string}} Compared */

const FOLDS = 5;
/** @type {Record<Head, string>} */
const HEADS = { linear: "Linear", mlp: "Hidden layers (MLP)" };
const BYTES_A_WEIGHT = 4;

/** @type {ReturnType<typeof makePart> | undefined} */
let parts;
/** @type {Compared[] | null} */
let drawn = null;

export function wireComparison() {
  parts = makePart();
  byId("learning-start", HTMLElement).parentElement?.before(parts.root);
  parts.start.addEventListener("click", () => void compare());
}

async function compare() {
  const heads = /** @type {Head[]} */ (Object.keys(HEADS));
  const options = unchosen(state.options);
  const [images, backbone] = [keyOf(state), state.facts?.backbone ?? ""];
  await runMany("Comparing the heads", async (trainer, { signal, onShare, onViews }) => {
    for (const [at, head] of heads.entries()) {
      const start = performance.now();
      const share = (/** @type {number} */ done) => onShare?.((at + done) / heads.length);
      const { accuracy, interval } = await trainer.crossValidate({ ...options, head, folds: FOLDS, signal, onShare: share, onViews });
      const { trainable } = await trainer.summary({ head, hidden: options.hidden, numClasses: filledClasses(state).length });
      const row = { backbone, head, accuracy, interval, seconds: (performance.now() - start) / 1000, bytes: trainable * BYTES_A_WEIGHT, images };
      change((s) => (s.compared = [...s.compared.filter((other) => other.images === images && !isSame(other, row)), row]));
    }
  });
}

/** @param {Compared} a @param {Compared} b */
const isSame = (a, b) => a.backbone === b.backbone && a.head === b.head;

/** @param {Compared[]} rows */
const bestOf = (rows) => rows.reduce((best, row) => (row.accuracy > best.accuracy ? row : best), rows[0]);

/** @param {import("./state.js").State} state */
export function drawComparison(state) {
  if (!parts) return;
  const { compared, job } = state;
  parts.start.disabled = job !== null;
  setText(parts.words, wordsFor(state));
  if (compared === drawn) return;
  drawn = compared;
  parts.found.hidden = compared.length === 0;
  const best = bestOf(compared);
  parts.rows.replaceChildren(...compared.map((row) => line(row, row === best)));
}

/** @param {import("./state.js").State} state */
function wordsFor(state) {
  const { compared } = state;
  if (compared.length === 0) return `Linear and MLP head, each by ${FOLDS} folds of the same images, with the options above. After a change of the network its rows come beside these.`;
  if (compared[0].images !== keyOf(state)) return "The images have changed since. Compare again.";
  const best = bestOf(compared);
  const rivals = compared.filter((row) => row !== best && row.interval[1] >= best.interval[0]);
  if (compared.length === 1) return "One is done; there is nothing yet to compare it with.";
  if (rivals.length === 0) return "The best is marked, and the others' intervals lie below its own.";
  const small = [best, ...rivals].reduce((least, row) => (row.bytes < least.bytes ? row : least));
  const advice = small === best ? "" : ` Where size matters, ${nameOf(small)} is as good as far as these images can tell.`;
  return `The best is marked, but the intervals overlap: with these images the difference may be chance.${advice}`;
}

/** @param {Compared} row */
const nameOf = ({ head, backbone }) => `${HEADS[head]} on ${backbone}`;

/** @param {Compared} row @param {boolean} isBest */
function line({ backbone, head, accuracy, interval, seconds, bytes: size }, isBest) {
  const figures = [percent(accuracy), `${percent(interval[0])} to ${percent(interval[1])}`, duration(seconds), bytes(size)];
  const name = element("th", { scope: "row" }, HEADS[head], ...(isBest ? [" ", element("strong", { className: "best" }, "best")] : []));
  return element("tr", { className: isBest ? "latest" : "" }, name, cell(backbone), ...figures.map((figure) => cell(figure, "number")));
}

/** @returns {(string | number)[][]} */
const csvRows = () => [["head", "backbone", "accuracy", "from", "to", "seconds", "bytes"],
  ...state.compared.map(({ head, backbone, accuracy, interval, seconds, bytes: size }) => [head, backbone, accuracy, ...interval, seconds, size])];

function makePart() {
  const start = element("button", { type: "button", className: "button" }, "Compare the heads");
  start.dataset.testid = "compare-start";
  const words = element("p", { className: "hint", role: "status" });
  const rows = element("tbody");
  const head = ["Head", "Network", "Accuracy", "95 % interval", "Time", "Size"].map((name, at) => element("th", { scope: "col", className: at < 2 ? "" : "number" }, name));
  const caption = element("caption", { className: "visually-hidden" }, "Heads compared by cross-validation");
  const table = element("table", {}, caption, element("thead", {}, element("tr", {}, ...head)), rows);
  const files = plotFiles({ title: "Heads compared", file: "headstart-comparison", rows: csvRows });
  const found = element("div", { className: "folds-found", hidden: true }, scroller("Comparison", table), files);
  const root = element("div", { className: "review" }, element("h3", {}, "Which head suits these images?"), words, start, found);
  root.dataset.testid = "comparison";
  return { root, start, words, rows, found };
}
