// How the cost grows: seconds against the number of images and of classes, as JSON lines and as a plot.
//   node bench/growth.mjs [--images 100,1000,10000] [--classes 2,20,200] [--epochs 10] [--svg docs/growth.svg]
// Through the public `Trainer` on the CPU with all workers. The pictures are JPEGs of 320 × 240 that Chromium encodes before the
// clock runs, each another one, a class by its hue. The first series has 2 classes, the second as many images as the first's
// middle value. Both axes of the plot are logarithmic: a cost that grows as its cause rises one square a square.
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { onQuietPage, print, runBench } from "./frame.mjs";

/** @typedef {{images: number, classes: number, features: number, training: number}} Point */

runBench(main);

async function main() {
  const { values } = parseArgs({
    options: {
      images: { type: "string", default: "100,1000,10000" }, classes: { type: "string", default: "2,20,200" },
      epochs: { type: "string", default: "10" }, svg: { type: "string" },
    },
  });
  const [images, classes] = [values.images, values.classes].map((text) => text.split(",").map(Number));
  const epochs = Number(values.epochs);
  if (![...images, ...classes, epochs].every((number) => Number.isInteger(number) && number > 0)) throw new Error("--images, --classes and --epochs take whole numbers.");
  const middle = images[images.length >> 1];
  const series = {
    images: await measured(images.map((count) => [count, 2]), epochs),
    classes: await measured(classes.map((count) => [middle, count]), epochs),
  };
  if (values.svg) await writeFile(values.svg, plot(series, epochs));
}

/** @param {number[][]} sizes images and classes @param {number} epochs @returns {Promise<Point[]>} */
function measured(sizes, epochs) {
  return onQuietPage([], async (page, machine) => {
    page.setDefaultTimeout(0);
    const points = [];
    for (const [images, classes] of sizes) {
      const seconds = await page.evaluate(run, { images, classes, epochs });
      print({ what: "growth", who: "ours-cpu", images, classes, epochs, feature_seconds: seconds.features, train_seconds: seconds.training, ...machine() });
      points.push({ images, classes, ...seconds });
    }
    return points;
  });
}

/** In the page: seconds of features and of training. @param {{images: number, classes: number, epochs: number}} size */
async function run({ images, classes, epochs }) {
  const canvas = new OffscreenCanvas(320, 240);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const sources = [];
  for (let i = 0; i < images; i++) {
    const hue = ((i % classes) * 360) / classes;
    for (let y = 0; y < 24; y++) {
      for (let x = 0; x < 32; x++) {
        // Noise: pictures that look alike would be one group, on one side of the split.
        const light = 30 + Math.random() * 40;
        context.fillStyle = `hsl(${hue} 60% ${light}%)`;
        context.fillRect(x * 10, y * 10, 10, 10);
      }
    }
    sources.push({ file: await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 }), name: `${i}.jpg`, label: `class ${i % classes}` });
  }
  const { Trainer } = await import(new URL("page/trainer.js", location.href).href);
  const trainer = await Trainer.create({ device: "cpu" });
  const start = performance.now();
  const { accepted } = await trainer.addImages(sources);
  const between = performance.now();
  if (accepted.length !== images) throw new Error(`${images - accepted.length} pictures were rejected.`);
  for await (const epoch of trainer.fit({ epochs })) void epoch;
  const end = performance.now();
  trainer.free();
  return { features: (between - start) / 1000, training: (end - between) / 1000 };
}

const SIDE = 340, EDGE = 60;
const COLOURS = { features: "#1f6feb", training: "#bc4c00" };

/** @param {Record<"images" | "classes", Point[]>} series @param {number} epochs */
function plot(series, epochs) {
  const graphs = /** @type {const} */ (["images", "classes"]).map((cause, i) => graph(series[cause], cause, i * (SIDE + 2 * EDGE)));
  const width = 2 * (SIDE + 2 * EDGE), height = SIDE + 2 * EDGE;
  const key = Object.entries({ features: "decoding and features", training: `training, ${epochs} epochs` }).map(([name, text], i) =>
    `<text x="${EDGE}" y="${EDGE - 24 + i * 18}" fill="${COLOURS[/** @type {keyof typeof COLOURS} */ (name)]}">${text}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">
<rect width="${width}" height="${height}" fill="#fff"/>
${[...graphs, ...key].join("\n")}
</svg>
`;
}

/** One graph: a square is a factor of ten. @param {Point[]} points @param {"images" | "classes"} cause @param {number} left */
function graph(points, cause, left) {
  const times = points.flatMap(({ features, training }) => [features, training]);
  const [fromX, toX] = decades(points.map((point) => point[cause]));
  const [fromY, toY] = decades(times);
  const square = SIDE / Math.max(toX - fromX, toY - fromY);
  const x = (/** @type {number} */ value) => (left + EDGE + (Math.log10(value) - fromX) * square).toFixed(1);
  const y = (/** @type {number} */ value) => (EDGE + SIDE - (Math.log10(value) - fromY) * square).toFixed(1);
  const steps = (/** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  const grid = [
    ...steps(fromX, toX).map((value) => `<path d="M${x(value)} ${y(10 ** fromY)}V${y(10 ** toY)}" stroke="#ddd"/><text x="${x(value)}" y="${EDGE + SIDE + 18}" text-anchor="middle">${value}</text>`),
    ...steps(fromY, toY).map((value) => `<path d="M${x(10 ** fromX)} ${y(value)}H${x(10 ** toX)}" stroke="#ddd"/><text x="${left + EDGE - 6}" y="${y(value)}" text-anchor="end">${Number(value.toPrecision(1))} s</text>`),
  ];
  const lines = /** @type {const} */ (["features", "training"]).map((name) => {
    const path = points.map((point, i) => `${i ? "L" : "M"}${x(point[cause])} ${y(point[name])}`).join("");
    const dots = points.map((point) => `<circle cx="${x(point[cause])}" cy="${y(point[name])}" r="3.5" fill="${COLOURS[name]}"/>`);
    return `<path d="${path}" fill="none" stroke="${COLOURS[name]}" stroke-width="2"/>${dots.join("")}`;
  });
  const title = cause === "images" ? `images, in ${points[0].classes} classes` : `classes, of ${points[0].images} images`;
  return [...grid, ...lines, `<text x="${left + EDGE + (square * (toX - fromX)) / 2}" y="${EDGE + SIDE + 40}" text-anchor="middle">${title}</text>`].join("\n");
}

/** The powers of ten around values. @param {number[]} values */
function decades(values) {
  const logs = values.map((value) => Math.log10(value));
  const [from, to] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
  return [from, Math.max(to, from + 1)];
}
