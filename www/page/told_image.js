// An image with its thumbnail, of the bytes that the engine told. A Blob and an address of it are the business of the browser's
// own process, and cost it more than the picture; so they are made where somebody asks, and a tile shows the bytes.

import { fitOfText } from "../shared/image_fit.js";

/** @typedef {import("../shared/protocol.js").Image} Image */

const TYPE = "image/jpeg";
/** Bytes that are turned into text at once: each is an argument. */
const PART = 8192;

/** @param {import("../shared/protocol.js").ToldImage} told @returns {Image} */
export function imageFrom(told) {
  return {
    ...told,
    fit: fitOfText(told.fit),
    get thumbnail() {
      return new Blob([told.jpeg], { type: TYPE });
    },
  };
}

/** @param {import("../shared/kept.js").ToldContents} told @returns {import("../shared/kept.js").Contents} */
export const contentsFrom = (told) => ({ ...told, images: told.images.map(imageFrom) });

/** For an `img`, without a request. @param {Image} image */
export function thumbnailUrl({ jpeg }) {
  let text = "";
  for (let from = 0; from < jpeg.length; from += PART) text += String.fromCharCode(...jpeg.subarray(from, from + PART));
  return `data:${TYPE};base64,${btoa(text)}`;
}
