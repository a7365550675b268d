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

/** @param {import("./trainer.js").EngineBridge} bridge @returns {Promise<import("../shared/kept.js").Contents>} */
export async function contentsFrom(bridge) {
  /** @type {Image[]} */
  const images = [];
  const onEvent = (/** @type {import("../shared/protocol.js").EngineEvent} */ event) => event.type === "kept" && images.push(...event.images.map(imageFrom));
  return { ...(await bridge.call({ type: "contents" }, { onEvent })), images };
}

/** Where only its features are here: bars on grey. */
const NO_PICTURE = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 112 112"><path fill="#7d8590" d="M0 0h112v112H0z"/><path fill="#fff" d="M18 84V58h12v26zM34 84V34h12v50zM50 84V66h12v18zM66 84V46h12v38zM82 84V74h12v10z" opacity=".75"/></svg>')}`;

/** @param {Image} image */
export const hasPicture = ({ jpeg }) => jpeg.length > 0;

/** For an `img`, without a request. @param {Image} image */
export function thumbnailUrl({ jpeg }) {
  if (jpeg.length === 0) return NO_PICTURE;
  let text = "";
  for (let from = 0; from < jpeg.length; from += PART) text += String.fromCharCode(...jpeg.subarray(from, from + PART));
  return `data:${TYPE};base64,${btoa(text)}`;
}
