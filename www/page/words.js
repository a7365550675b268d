// Numbers as people read them.

const whole = new Intl.NumberFormat("en");

/** "1,234" @param {number} value */
export const number = (value) => whole.format(value);

/** "1 image", "1,234 images" @param {number} count @param {string} one @param {string} [many] */
export const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** "87.3 %"; "100 %" only where it is all of them. @param {number} share */
export function percent(share) {
  if (!Number.isFinite(share)) return "–";
  if (share === 0 || share === 1) return `${share * 100} %`;
  return `${Math.min(99.9, Math.max(0.1, share * 100)).toFixed(1)} %`;
}

/** "12.7 points" @param {number} share a difference of two shares */
export const points = (share) => `${Math.abs(share * 100).toFixed(1)} points`;

/** "48 s", "1 min 20 s", "1 h 5 min" @param {number} seconds */
export function duration(seconds) {
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 1) return "less than 1 s";
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
  return `${Math.floor(rounded / 3600)} h ${Math.floor((rounded % 3600) / 60)} min`;
}

/** "340 kB", "3.2 MB", "1.4 GB" @param {number} count */
export function bytes(count) {
  const [size, unit] = count < 1e6 ? [count / 1e3, "kB"] : count < 1e9 ? [count / 1e6, "MB"] : [count / 1e9, "GB"];
  return `${size >= 100 || unit === "kB" ? whole.format(Math.round(size)) : size.toFixed(1)} ${unit}`;
}

const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** "24 Nov 2026" @param {number} time milliseconds since 1970 */
export const day = (time) => days.format(time);

/** "1 min 20 s left" @param {number | null} seconds */
export function timeLeft(seconds) {
  return seconds === null || !Number.isFinite(seconds) ? "" : `${duration(seconds)} left`;
}

/** "12 images per second" @param {number} imagesPerSecond */
export function speed(imagesPerSecond) {
  if (!Number.isFinite(imagesPerSecond) || imagesPerSecond <= 0) return "";
  const shown = imagesPerSecond >= 10 ? Math.round(imagesPerSecond) : Number(imagesPerSecond.toFixed(1));
  return counted(shown, "image") + " per second";
}

/** "0.4312", "0.00021" @param {number} loss */
export const lossValue = (loss) => (loss >= 0.001 || loss === 0 ? loss.toFixed(4) : loss.toPrecision(2));

/** "112 × 112 × 32": an output shape without the batch. @param {(number | null)[]} shape */
export const shapeWords = (shape) => shape.filter((side) => side !== null).map(number).join(" × ");

/** Joins what there is: "320 of 698 · 12 images per second · 31 s left". @param {...string} parts */
export const joined = (...parts) => parts.filter(Boolean).join(" · ");
