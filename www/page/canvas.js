// A canvas that is sharp on every screen and drawn again when its place or the colours change.

import { colour } from "./elements.js";

/** Height of the plots' letters, px. */
export const FONT = 12;

/** @param {Element} target */
export const fontOf = (target) => `${FONT}px ${getComputedStyle(target).fontFamily}`;

/**
 * Sets a canvas to this size in CSS pixels and gives its context, scaled to the screen and with the page's font.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 */
export function sized(canvas, width, height) {
  const context = canvas.getContext("2d");
  if (!context || canvas.offsetParent === null || width <= 0) return null;
  const scale = devicePixelRatio;
  Object.assign(canvas, { width: width * scale, height: height * scale });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  context.scale(scale, scale);
  context.font = fontOf(canvas);
  return context;
}

/** Calls `paint` when the place of the canvas gets another width, or the page other colours. @param {HTMLElement} place @param {() => void} paint */
export function repaint(place, paint) {
  new ResizeObserver(paint).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}

/** The colours that plots share. @param {Element} target */
export const inks = (target) => ({ text: colour(target, "--ink"), muted: colour(target, "--muted"), line: colour(target, "--line"), tile: colour(target, "--tile") });
