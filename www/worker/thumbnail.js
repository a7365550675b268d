// What the backbone sees, at half its size, as a small JPEG.

/** Those that nobody encodes. @type {OffscreenCanvas[]} */
const canvases = [];

/** @param {Uint8Array} pixels u8 [side, side, 3] @returns {Promise<Uint8Array<ArrayBuffer>>} of 224 × 224 it is 112 × 112, as JPEG */
export async function thumbnailFrom(pixels) {
  const half = halved(pixels, Math.round(Math.sqrt(pixels.length / 3)));
  const canvas = canvases.pop() ?? new OffscreenCanvas(half.width, half.height);
  canvas.getContext("2d", { willReadFrequently: true })?.putImageData(half, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
  canvases.push(canvas);
  return new Uint8Array(await blob.arrayBuffer());
}

/** The mean of every 2 × 2 pixels. @param {Uint8Array} pixels @param {number} side even, as every network's is */
function halved(pixels, side) {
  const half = side / 2;
  const image = new ImageData(half, half);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const from = (2 * y * side + 2 * x) * 3;
      const to = (y * half + x) * 4;
      for (let c = 0; c < 3; c++) {
        const above = pixels[from + c] + pixels[from + 3 + c];
        const below = pixels[from + side * 3 + c] + pixels[from + side * 3 + 3 + c];
        image.data[to + c] = (above + below + 2) >> 2;
      }
      image.data[to + 3] = 255;
    }
  }
  return image;
}
