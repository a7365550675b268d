// Many images classified at once: a table that can be sorted, and a CSV with every probability.

import { csvText } from "./csv_text.js";
import { isSame } from "./drawing.js";
import { byId, cell, element, scroller, setText } from "./elements.js";
import { words } from "./language.js";
import { predict } from "./predict.js";
import { described, isAbort } from "./problems.js";
import { save } from "./save.js";
import { currentTrainer } from "./session.js";
import { change, state } from "./state.js";
import { NONE, isNone } from "./threshold.js";
import { counted, fill, percent, sentences } from "./words.js";

/** @typedef {import("./state.js").Ranked} Ranked */
/** `fault`: why there is no answer. @typedef {{file: File, name: string, ranked: Ranked[], fault?: string}} Row */
/** @typedef {"name" | "answer" | "probability"} Column */

const text = words.predictions;
/** Rows drawn at most; the CSV has all. */
const SHOWN = 200;
/** In the CSV, for programs, as its heads are. */
const NONE_IN_CSV = "none of these";
const collator = new Intl.Collator("en", { numeric: true });

/** @type {ReturnType<typeof makeParts> | undefined} */
let parts;
/** @type {AbortController | null} */
let stopper = null;
/** What the table was drawn from. @type {unknown[]} */
let drawn = [];

export function wirePredictions() {
  parts = makeParts();
  byId("predicted", HTMLElement).after(parts.root);
}

/** Several files: one bad file never stops the others. @param {File[]} files */
export async function predictMany(files) {
  const trainer = currentTrainer();
  if (!trainer || state.job) return;
  stopper?.abort();
  const mine = (stopper = new AbortController());
  change((s) => (s.predictions = { rows: [], total: files.length, isOver: false }));
  const waiting = files.values();
  // As many as there are workers, and one that is on its way to them.
  await Promise.all(Array.from({ length: trainer.info.workers + 1 }, async () => {
    for (const file of waiting) {
      if (mine.signal.aborted) return;
      const row = await answer(trainer, file, mine.signal);
      if (!row || mine.signal.aborted) return;
      change((s) => s.predictions && (s.predictions = { ...s.predictions, rows: [...s.predictions.rows, row] }));
    }
  }));
  if (stopper === mine) change((s) => s.predictions && (s.predictions = { ...s.predictions, isOver: true }));
}

/** @param {import("./trainer.js").Trainer} trainer @param {File} file @param {AbortSignal} signal @returns {Promise<Row | null>} null where all of it is over */
async function answer(trainer, file, signal) {
  const name = file.webkitRelativePath || file.name;
  try {
    return { file, name, ranked: await trainer.predict(file, { signal }) };
  } catch (error) {
    return isAbort(error) ? null : { file, name, ranked: [], fault: described(error).message };
  }
}

/** @param {Row} row */
const answerOf = ({ ranked }) => (isNone(ranked) ? NONE : (ranked[0]?.label ?? ""));
/** @param {Row} row */
const probabilityOf = ({ ranked }) => ranked[0]?.probability ?? -1;

/** @type {Record<Column, (a: Row, b: Row) => number>} */
const BY = {
  name: (a, b) => collator.compare(a.name, b.name),
  answer: (a, b) => collator.compare(answerOf(a), answerOf(b)) || probabilityOf(b) - probabilityOf(a),
  probability: (a, b) => probabilityOf(a) - probabilityOf(b),
};
/** @type {{column: Column, isDown: boolean}} */
let order = { column: "name", isDown: false };

/** @param {import("./state.js").State} state */
export function drawPredictions({ predictions, threshold }) {
  const now = [predictions, threshold, order];
  if (!parts || isSame(now, drawn)) return;
  drawn = now;
  parts.root.hidden = predictions === null;
  if (!predictions) return void stopper?.abort();
  const { rows, total, isOver } = predictions;
  const sorted = [...rows].sort((a, b) => BY[order.column](a, b) * (order.isDown ? -1 : 1));
  parts.body.replaceChildren(...sorted.slice(0, SHOWN).map(tableRow));
  const more = rows.length > SHOWN ? fill(text.more, { shown: SHOWN }) : "";
  const images = (/** @type {number} */ count) => counted(count, words.nouns.image);
  setText(parts.words, isOver ? sentences(fill(text.done, { images: images(rows.length) }), more) : fill(text.progress, { done: rows.length, images: images(total) }));
  parts.stop.hidden = isOver;
  parts.csv.disabled = rows.length === 0;
  for (const [column, head] of parts.heads) head.ariaSort = column === order.column ? (order.isDown ? "descending" : "ascending") : "none";
}

/** @param {Row} row */
function tableRow(row) {
  const { file, name, ranked, fault } = row;
  const open = element("button", { type: "button", className: "link elide", title: name }, name);
  open.addEventListener("click", () => void predict(file));
  const head = element("th", { scope: "row" }, open);
  if (fault) return element("tr", {}, head, Object.assign(cell(fault, "wrap"), { colSpan: 3 }));
  const next = ranked[1] ? fill(text.next, { label: ranked[1].label, probability: percent(ranked[1].probability) }) : "";
  return element("tr", {}, head, cell(answerOf(row), "elide"), cell(percent(probabilityOf(row)), "number"), cell(next, "elide"));
}

function saveCsv() {
  const rows = state.predictions?.rows ?? [];
  const labels = state.report?.labels ?? [];
  const table = rows.map((row) => {
    const shares = new Map(row.ranked.map(({ label, probability }) => [label, probability]));
    const said = isNone(row.ranked) ? NONE_IN_CSV : answerOf(row);
    return [row.name, row.fault ? "" : said, row.fault ? "" : probabilityOf(row), ...labels.map((label) => shares.get(label) ?? ""), row.fault ?? ""];
  });
  save(new Blob([csvText([["file", "answer", "probability", ...labels, "error"], ...table])], { type: "text/csv" }), "headstart-predictions.csv");
}

function makeParts() {
  const words = element("p", { className: "hint", role: "status" });
  const stop = element("button", { type: "button", className: "button small" }, text.stop);
  stop.addEventListener("click", () => {
    stopper?.abort();
    change((s) => s.predictions && (s.predictions = { ...s.predictions, isOver: true }));
  });
  const csv = element("button", { type: "button", className: "button small" }, text.save);
  csv.addEventListener("click", saveCsv);
  const { columns } = text;
  /** @type {Map<Column, HTMLTableCellElement>} */
  const heads = new Map([sortable("name", columns.file), sortable("answer", columns.answer), sortable("probability", columns.probability)]);
  heads.get("probability")?.classList.add("number");
  const caption = element("caption", { className: "visually-hidden" }, text.caption);
  const body = element("tbody");
  const table = element("table", { className: "predictions" }, caption, element("thead", {}, element("tr", {}, ...heads.values(), element("th", { scope: "col" }, columns.next))), body);
  table.dataset.testid = "predictions";
  const root = element("div", { className: "review", hidden: true }, words, scroller(text.region, table), element("div", { className: "actions" }, csv, stop));
  return { root, words, stop, csv, body, heads };
}

/** A head that sorts by its column, and the other way round the next time. @param {Column} column @param {string} name @returns {[Column, HTMLTableCellElement]} */
function sortable(column, name) {
  const button = element("button", { type: "button", className: "sort" }, name);
  button.addEventListener("click", () => {
    order = { column, isDown: order.column === column ? !order.isDown : column === "probability" };
    drawPredictions(state);
  });
  return [column, element("th", { scope: "col" }, button)];
}
