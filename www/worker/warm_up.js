// V8 compiles a module while it runs it: the first picture takes two to eight times as long as the next. So a pool worker
// takes one of its own making before any comes: it decodes noise while the weights are on their way, and computes the
// features of black once it has them.

/** @typedef {import("../pkg/pool.js").Pool} Pool */
/** @typedef {import("../shared/protocol.js").Spec} Spec */

const WIDTH = 320;
const HEIGHT = 240;
/** Of one picture. With larger networks it would hold up more than it saves. */
const MOST_FLOPS = 2e9;

/** Reads a JPEG. What goes wrong, the first file will tell. @param {Pool} pool */
export async function warmUpDecoder(pool) {
  try {
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    const noise = Uint8ClampedArray.from({ length: 4 * WIDTH * HEIGHT }, (_, i) => Math.imul(i, 2654435761) >>> 24);
    canvas.getContext("2d", { willReadFrequently: true })?.putImageData(new ImageData(noise, WIDTH, HEIGHT), 0, 0);
    const jpeg = await canvas.convertToBlob({ type: "image/jpeg" });
    pool.prepare("noise", new Uint8Array(await jpeg.arrayBuffer()));
  } catch {
    // nothing was to come of it
  }
}

/** Runs a backbone that is loaded. @param {Pool} pool @param {Spec} spec */
export function warmUpBackbone(pool, { inputSize }) {
  const steps = /** @type {{flops: number}[]} */ (pool.steps());
  const flops = steps.reduce((sum, step) => sum + step.flops, 0);
  if (flops < MOST_FLOPS) pool.features(new Uint8Array(inputSize * inputSize * 3));
}
