// For formats that Rust does not decode (AVIF, HEIC): the browser's decoder, whose pixels go on as PNG.
// They may differ a little between browsers, so the image says that it came this way.

/** `sha256` of the file itself, where the page may compute one (https or localhost).
 * @param {Blob} file
 * @param {Uint8Array} bytes of the same file
 * @returns {Promise<{png: Uint8Array, sha256?: string} | null>} null where the browser can't either
 */
export async function decodeWithBrowser(file, bytes) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return null;
  try {
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) return null;
    context.drawImage(bitmap, 0, 0);
    const png = await canvas.convertToBlob({ type: "image/png" });
    return { png: new Uint8Array(await png.arrayBuffer()), sha256: await sha256Of(bytes) };
  } catch {
    return null; // larger than a canvas may be
  } finally {
    bitmap.close();
  }
}

/** @param {Uint8Array} bytes */
async function sha256Of(bytes) {
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", /** @type {Uint8Array<ArrayBuffer>} */ (bytes));
  return digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
