// A quick comparison: each head on the same folds of the same images, on each network whose features the project has. The
// best is marked, and no more is claimed than the intervals allow. Rows that are done stay when it is stopped.

import { keyOf, runMany, unchosen } from "./cross_validation.js";
import { byId, cell, element, scroller, setText } from "./elements.js";
import { words } from "./language.js";
import { widths } from "./option_fields.js";
import { fitOptions } from "./option_values.js";
import { plotFiles } from "./plot_files.js";
import { isAsked } from "./queue.js";
import { change, filledClasses, state } from "./state.js";
import { bytes, counted, duration, fill, percent, percentRange, sentences } from "./words.js";

/** @typedef {import("../shared/protocol.js").Head} Head */
/** @typedef {import("../shared/protocol.js").KeptNetwork} KeptNetwork */
/** `weights`: of the network, their SHA-256; `bytes`: of network and head. `images`: what `keyOf` said.
 * @typedef {{backbone: string, weights: string, head: Head, accuracy: number, interval: [number, number], seconds: number, bytes: number, images: string}} Compared
 */

const text = words.comparison;
const FOLDS = 5;
/** @type {Record<Head, string>} */
const HEADS = { linear: text.linear, mlp: text.mlp, knn: text.knn };
const BYTES_A_NUMBER = 4;

/** @type {ReturnType<typeof makePart> | undefined} */
let parts;
/** @type {Compared[] | null} */
let drawn = null;

export function wireComparison() {
  parts = makePart();
  byId("learning-start", HTMLElement).parentElement?.before(parts.root);
  parts.start.addEventListener("click", compare);
}

function compare() {
  const heads = /** @type {Head[]} */ (Object.keys(HEADS));
  const images = keyOf(state);
  runMany("comparison", text.job, async (trainer, { signal, onShare, onViews }) => {
    const networks = await trainer.networks();
    const whole = networks.filter(({ missing }) => missing === 0);
    change((s) => (s.lacking = networks.filter(({ missing }) => missing > 0)));
    const pairs = whole.flatMap((network) => heads.map((head) => ({ network, head })));
    for (const [at, { network, head }] of pairs.entries()) {
      const start = performance.now();
      const share = (/** @type {number} */ done) => onShare?.((at + done) / pairs.length);
      const options = { ...optionsFor(head, whole.length > 1), folds: FOLDS, ...(network.isOpen ? {} : { network: network.weights }) };
      const { accuracy, interval } = await trainer.crossValidate({ ...options, signal, onShare: share, onViews });
      const seconds = (performance.now() - start) / 1000;
      const row = { backbone: named(network), weights: network.weights, head, accuracy, interval, seconds, bytes: sizeOf(network, head), images };
      change((s) => (s.compared = [...s.compared.filter((other) => other.images === images && !isSame(other, row)), row]));
    }
  });
}

/** Changed views are known for the open network alone, so several are compared without them. @param {Head} head @param {boolean} areSeveral */
function optionsFor(head, areSeveral) {
  const { augment, views, ...options } = unchosen(fitOptions({ ...state.settings, head }));
  return areSeveral ? options : { ...options, augment, views };
}

/** @param {KeptNetwork} network */
const named = ({ name, weights }) => name || fill(text.unnamed, { weights: weights.slice(0, 8) });

/** Bytes of both: weights of the layers, or the rows of all images. @param {KeptNetwork} network @param {Head} head */
function sizeOf({ bytes, features, images }, head) {
  const all = [features, ...(head === "mlp" ? widths(String(state.settings.hidden)) : []), filledClasses(state).length];
  const layers = all.slice(1).reduce((sum, width, at) => sum + (all[at] + 1) * width, 0);
  return bytes + BYTES_A_NUMBER * (head === "knn" ? images * features : layers);
}

/** @param {Compared} a @param {Compared} b */
const isSame = (a, b) => a.weights === b.weights && a.head === b.head;

/** @param {Compared[]} rows */
const bestOf = (rows) => rows.reduce((best, row) => (row.accuracy > best.accuracy ? row : best), rows[0]);

/** @param {import("./state.js").State} state */
export function drawComparison(state) {
  if (!parts) return;
  const { compared } = state;
  parts.start.disabled = isAsked(state, "comparison");
  setText(parts.words, wordsFor(state));
  setText(parts.lacking, state.lacking.map(lackingWords).join(words.language.gap));
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

/** @param {KeptNetwork} network */
const lackingWords = (network) => counted(network.missing, text.lacking, { name: named(network) });

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
  const lacking = element("p", { className: "hint" });
  lacking.dataset.testid = "compare-lacking";
  const rows = element("tbody");
  const { columns } = text;
  const names = [columns.head, columns.network, columns.accuracy, columns.interval, columns.time, columns.size];
  const head = names.map((name, at) => element("th", { scope: "col", className: at < 2 ? "" : "number" }, name));
  const caption = element("caption", { className: "visually-hidden" }, text.caption);
  const table = element("table", {}, caption, element("thead", {}, element("tr", {}, ...head)), rows);
  const files = plotFiles({ title: text.title, file: "headstart-comparison", rows: csvRows });
  const found = element("div", { className: "folds-found", hidden: true }, scroller(text.region, table), files);
  const root = element("div", { className: "review" }, element("h3", {}, text.question), words, start, found, lacking);
  root.dataset.testid = "comparison";
  return { root, start, words, rows, found, lacking };
}
