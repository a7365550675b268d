// The map: all images on a plane by their features, a mark for each. Whoever lies among another class is worth a look.

import { fontOf } from "./canvas.js";
import { marksOf, swatch } from "./class_colours.js";
import { showImage } from "./dialogs.js";
import { isSame } from "./drawing.js";
import { byId, cell, colour, element, scroller, setText } from "./elements.js";
import { words } from "./language.js";
import { drawMark } from "./map_marks.js";
import { plotFiles } from "./plot_files.js";
import { Scatter } from "./scatter.js";
import { isAsked, startOrQueue } from "./queue.js";
import { currentTrainer, runJob } from "./session.js";
import { change, imageCount, imagesById, imagesKey, state } from "./state.js";
import { thumbnailUrl } from "./told_image.js";
import { counted, fill, percent, sentences } from "./words.js";

/** @typedef {import("../shared/insight.js").MapMethod} MapMethod */
/** @typedef {import("./state.js").Image} Image */
/** An image with its place; `answer`: of the head, where the image validated. @typedef {{image: Image, at: [number, number], answer?: string}} Placed */

const text = words.map;
/** @type {Record<MapMethod, string>} */
const METHODS = { pca: "PCA", umap: "UMAP" };

/** @type {ReturnType<typeof makeParts> | undefined} */
let parts;
/** @type {AbortController | null} */
let stopper = null;
/** What was drawn. @type {unknown[]} */
let drawn = [];
/** @type {Placed[]} */
let placed = [];

export function wireMap() {
  parts = makeParts();
  byId("review-list", HTMLElement).parentElement?.before(parts.root);
}

export const stopMap = () => stopper?.abort();

/** @param {MapMethod} method */
const titleOf = (method) => fill(text.job, { method: METHODS[method] });

/** @param {MapMethod} method */
async function draw(method) {
  if (!currentTrainer() || state.job) return;
  stopper = new AbortController();
  const { signal } = stopper;
  await runJob({ kind: "reviewing", key: "map", title: titleOf(method), done: 0, stopping: false }, async (trainer) => {
    const onShare = (/** @type {number} */ done) => change((s) => s.job?.kind === "reviewing" && (s.job.done = done));
    const map = await trainer.insight.map({ method, seed: state.options.seed, signal, onShare });
    change((s) => (s.map = map));
  });
}

/** @param {import("./state.js").State} state */
export function drawMap(state) {
  if (!parts) return;
  const { map, report } = state;
  for (const button of parts.buttons) button.disabled = isAsked(state, "map");
  const now = [map, report, map && imagesKey(state), state.colours];
  if (isSame(now, drawn)) return;
  drawn = now;
  parts.shown.hidden = map === null;
  setText(parts.words, map ? wordsFor(state, map) : text.lead);
  if (!map) return;
  const images = imagesById(state);
  const answers = new Map(report?.images.map(({ id, predicted }) => [id, predicted]));
  placed = map.ids.flatMap((id, at) => {
    const image = images.get(id);
    return image ? [{ image, at: map.points[at], answer: answers.get(id) }] : [];
  });
  const points = placed.map(({ image, at, answer }) => ({ id: image.id, at, label: image.label, isRinged: answer !== undefined && answer !== image.label }));
  parts.scatter.show(points, (target) => marksOf(target, labels()));
  parts.scatter.canvas.ariaLabel = fill(text.picture, { images: counted(points.length, words.nouns.image), method: METHODS[map.method] });
  parts.legend.replaceChildren(...labels().map(legendItem));
  parts.ringKey.hidden = !points.some(({ isRinged }) => isRinged);
  fillTable();
}

const labels = () => [...new Set(placed.map(({ image }) => image.label))].sort();

/** @param {import("./state.js").State} state @param {import("../shared/insight.js").FeatureMap} map */
function wordsFor(state, { method, ids, explained }) {
  const all = imageCount(state);
  const sample = ids.length < all ? fill(text.sample, { shown: ids.length, all }) : "";
  if (method === "umap") return sentences(text.aboutUmap, sample);
  const [x, y] = explained ?? [0, 0];
  return sentences(fill(text.aboutPca, { x: percent(x), y: percent(y) }), sample);
}

/** @param {Placed} placed */
function wordsOf({ image, answer }) {
  if (answer === undefined) return image.label;
  return fill(answer === image.label ? text.right : text.wrong, { label: image.label, answer });
}

/** @param {number} id */
const withId = (id) => placed.find(({ image }) => image.id === id);

/** @param {string} label */
const legendItem = (label) => element("li", {}, swatch(label), element("span", { className: "elide", title: label }, label));

/** Many rows, so only once they are looked at. */
function fillTable() {
  if (!parts?.fold.open) return;
  const rows = placed.map(({ image, at: [x, y], answer }) =>
    element("tr", {}, cell(image.name, "elide"), cell(image.label, "elide"), cell(answer ?? "", "elide"), cell(x.toFixed(2), "number"), cell(y.toFixed(2), "number")));
  parts.rows.replaceChildren(...rows);
}

/** In English, for programs. */
function csvRows() {
  const rows = placed.map(({ image, at: [x, y], answer }) => [image.name, image.label, answer ?? "", x, y]);
  return [["image", "class", "answer in validation", "x", "y"], ...rows];
}

/** The classes' marks, for the picture that is taken along. */
function legendCanvas() {
  const [row, scale] = [20, devicePixelRatio];
  const canvas = document.createElement("canvas");
  const place = parts?.root ?? document.body;
  Object.assign(canvas, { width: 320 * scale, height: (labels().length + 1) * row * scale });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.scale(scale, scale);
  context.font = fontOf(place);
  context.textBaseline = "middle";
  const [marks, ink] = [marksOf(place, labels()), colour(place, "--ink")];
  [...marks].forEach(([label, mark], at) => {
    drawMark(context, mark, [8, (at + 0.5) * row], 5);
    context.fillStyle = ink;
    context.fillText(label, 24, (at + 0.5) * row, 290);
  });
  context.fillText(text.ringedKey, 0, (marks.size + 0.5) * row, 310);
  return canvas;
}

function makeParts() {
  const words = element("p", { className: "hint", role: "status" }, text.lead);
  const scatter = new Scatter(text.title, {
    about: ({ id }) => {
      const found = withId(id);
      return found ? { thumbnail: thumbnailUrl(found.image), name: found.image.name, words: wordsOf(found) } : null;
    },
    onOpen: ({ id }) => {
      const found = withId(id);
      if (found) showImage(found.image, () => scatter.plot.focus());
    },
  });
  const buttons = /** @type {MapMethod[]} */ (["pca", "umap"]).map((method) => {
    const button = element("button", { type: "button", className: "button" }, text[method]);
    button.dataset.testid = `map-${method}`;
    button.addEventListener("click", () => startOrQueue({ key: "map", title: titleOf(method), start: () => void draw(method) }));
    return button;
  });
  const legend = element("ul", { className: "map-legend" });
  const ringKey = element("p", { className: "hint" }, text.ringed);
  const rows = element("tbody");
  const fold = tableFold(rows);
  fold.addEventListener("toggle", fillTable);
  const files = plotFiles({ title: text.title, file: "headstart-map", canvases: () => [scatter.canvas, legendCanvas()], rows: csvRows });
  const shown = element("div", { className: "map-shown", hidden: true }, scatter.root, legend, ringKey, files, fold);
  const root = element("div", { className: "review" }, element("h3", {}, text.title), words, element("div", { className: "actions" }, ...buttons), shown);
  root.dataset.testid = "map";
  return { root, words, buttons, shown, scatter, legend, ringKey, rows, fold };
}

/** @param {HTMLTableSectionElement} rows */
function tableFold(rows) {
  const caption = element("caption", { className: "visually-hidden" }, text.caption);
  const { image, label, answer } = text.columns;
  const head = [image, label, answer, "x", "y"].map((name, at) => element("th", { scope: "col", className: at > 2 ? "number" : "" }, name));
  const table = element("table", {}, caption, element("thead", {}, element("tr", {}, ...head)), rows);
  return element("details", { className: "fold" }, element("summary", {}, text.asTable), scroller(text.region, table));
}
