// What the backbone sees, at half its size, as a small JPEG.

const SIZE = 224;
const HALF = SIZE / 2;

/** Those that nobody encodes. @type {OffscreenCanvas[]} */
const canvases = [];

/** @param {Uint8Array} pixels u8 [224, 224, 3] @returns {Promise<Uint8Array<ArrayBuffer>>} 112 × 112, as JPEG */
export async function thumbnailFrom(pixels) {
  const canvas = canvases.pop() ?? new OffscreenCanvas(HALF, HALF);
  canvas.getContext("2d", { willReadFrequently: true })?.putImageData(halved(pixels), 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
  canvases.push(canvas);
  return new Uint8Array(await blob.arrayBuffer());
}

/** The mean of every 2 × 2 pixels. @param {Uint8Array} pixels */
function halved(pixels) {
  const image = new ImageData(HALF, HALF);
  for (let y = 0; y < HALF; y++) {
    for (let x = 0; x < HALF; x++) {
      const from = (2 * y * SIZE + 2 * x) * 3;
      const to = (y * HALF + x) * 4;
      for (let c = 0; c < 3; c++) {
        const above = pixels[from + c] + pixels[from + 3 + c];
        const below = pixels[from + SIZE * 3 + c] + pixels[from + SIZE * 3 + 3 + c];
        image.data[to + c] = (above + below + 2) >> 2;
      }
      image.data[to + 3] = 255;
    }
  }
  return image;
}
