// A quick comparison: each head on the same folds of the same images, and, as the network is changed, each network. The
// best is marked, and no more is claimed than the intervals allow. Rows that are done stay when it is stopped.

import { keyOf, runMany, unchosen } from "./cross_validation.js";
import { byId, cell, element, scroller, setText } from "./elements.js";
import { words } from "./language.js";
import { plotFiles } from "./plot_files.js";
import { change, filledClasses, state } from "./state.js";
import { bytes, duration, fill, percent, percentRange, sentences } from "./words.js";

/** @typedef {import("../shared/protocol.js").Head} Head */
/** `images`: what `keyOf` said. @typedef {{backbone: string, head: Head, accuracy: number, interval: [number, number], seconds: number, bytes: number, images: string}} Compared */

const text = words.comparison;
const FOLDS = 5;
/** @type {Record<Head, string>} */
const HEADS = { linear: text.linear, mlp: text.mlp };
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
  await runMany(text.job, async (trainer, { signal, onShare, onViews }) => {
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
  if (compared.length === 0) return fill(text.lead, { folds: FOLDS });
  if (compared[0].images !== keyOf(state)) return text.changed;
  const best = bestOf(compared);
  const rivals = compared.filter((row) => row !== best && row.interval[1] >= best.interval[0]);
  if (compared.length === 1) return text.alone;
  if (rivals.length === 0) return text.clear;
  const small = [best, ...rivals].reduce((least, row) => (row.bytes < least.bytes ? row : least));
  return sentences(text.overlap, small === best ? "" : fill(text.smaller, { name: nameOf(small) }));
}

/** @param {Compared} row */
const nameOf = ({ head, backbone }) => fill(text.name, { head: HEADS[head], backbone });

/** @param {Compared} row @param {boolean} isBest */
function line({ backbone, head, accuracy, interval, seconds, bytes: size }, isBest) {
  const figures = [percent(accuracy), percentRange(interval), duration(seconds), bytes(size)];
  const name = element("th", { scope: "row" }, HEADS[head], ...(isBest ? [" ", element("strong", { className: "best" }, text.best)] : []));
  return element("tr", { className: isBest ? "latest" : "" }, name, cell(backbone), ...figures.map((figure) => cell(figure, "number")));
}

/** In English, for programs. @returns {(string | number)[][]} */
const csvRows = () => [["head", "backbone", "accuracy", "from", "to", "seconds", "bytes"],
  ...state.compared.map(({ head, backbone, accuracy, interval, seconds, bytes: size }) => [head, backbone, accuracy, ...interval, seconds, size])];

function makePart() {
  const start = element("button", { type: "button", className: "button" }, text.start);
  start.dataset.testid = "compare-start";
  const words = element("p", { className: "hint", role: "status" });
  const rows = element("tbody");
  const { columns } = text;
  const names = [columns.head, columns.network, columns.accuracy, columns.interval, columns.time, columns.size];
  const head = names.map((name, at) => element("th", { scope: "col", className: at < 2 ? "" : "number" }, name));
  const caption = element("caption", { className: "visually-hidden" }, text.caption);
  const table = element("table", {}, caption, element("thead", {}, element("tr", {}, ...head)), rows);
  const files = plotFiles({ title: text.title, file: "headstart-comparison", rows: csvRows });
  const found = element("div", { className: "folds-found", hidden: true }, scroller(text.region, table), files);
  const root = element("div", { className: "review" }, element("h3", {}, text.question), words, start, found);
  root.dataset.testid = "comparison";
  return { root, start, words, rows, found };
}
