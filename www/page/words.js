// Numbers and sentences as people read them, in the page's language.

import { language, words } from "./language.js";

/** @typedef {{one: string, other: string}} Forms "{count} image", "{count} images" */

const locale = language === "zh" ? "zh-CN" : "en-GB";
const whole = new Intl.NumberFormat(locale);
const plural = new Intl.PluralRules(locale);
const lists = { and: new Intl.ListFormat(locale, { type: "conjunction" }), or: new Intl.ListFormat(locale, { type: "disjunction" }) };

/** "1,234" @param {number} value */
export const number = (value) => whole.format(value);

/** Puts values in the place of their {names}. @param {string} text @param {Record<string, string | number>} values */
export const fill = (text, values) => text.replaceAll(/\{(\w+)\}/g, (name, key) => (key in values ? shown(values[key] ?? "") : name));

/** @param {string | number} value */
const shown = (value) => (typeof value === "number" ? number(value) : value);

/** "1 image", "1,234 images"; `more` for what else the words name. @param {number} count @param {Forms} forms @param {Record<string, string | number>} [more] */
export const counted = (count, forms, more = {}) => fill(plural.select(count) === "one" ? forms.one : forms.other, { count, ...more });

/** "cats, dogs or mice" @param {Iterable<string>} names @param {"and" | "or"} [how] */
export const listed = (names, how = "and") => lists[how].format(names);

/** "cats, dogs, mice" @param {string[]} names */
export const commas = (names) => names.join(words.language.comma);

/** One after the other; "" is none. @param {...string} all */
export const sentences = (...all) => all.filter(Boolean).join(words.language.gap);

/** "87.3 %"; "100 %" and "0 %" only where it is all or none of them, "<0.1 %" for next to nothing. @param {number} share */
export function percent(share) {
  if (!Number.isFinite(share)) return "–";
  const value = share === 0 || share === 1 ? String(share * 100) : Math.min(99.9, share * 100).toFixed(1);
  return fill(words.numbers.percent, { value: value === "0.0" ? "<0.1" : value });
}

/** "87 %": for axes, and for what was set. @param {number} share */
export const wholePercent = (share) => fill(words.numbers.percent, { value: Math.round(share * 100) });

/** "81.0 % to 92.4 %" @param {[number, number]} interval */
export const percentRange = ([low, high]) => fill(words.numbers.range, { low: percent(low), high: percent(high) });

/** "12.7 points" @param {number} share a difference of two shares */
export const points = (share) => fill(words.numbers.points, { value: Math.abs(share * 100).toFixed(1) });

/** "48 s", "1 min 20 s", "1 h 5 min" @param {number} seconds */
export function duration(seconds) {
  const { instant, seconds: short, minutes, hours } = words.numbers;
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 1) return instant;
  if (rounded < 60) return fill(short, { s: rounded });
  if (rounded < 3600) return fill(minutes, { min: Math.floor(rounded / 60), s: rounded % 60 });
  return fill(hours, { h: Math.floor(rounded / 3600), min: Math.floor((rounded % 3600) / 60) });
}

/** "340 kB", "3.2 MB", "1.4 GB" @param {number} count */
export function bytes(count) {
  const [size, unit] = count < 1e6 ? [count / 1e3, /** @type {const} */ ("kB")] : count < 1e9 ? [count / 1e6, /** @type {const} */ ("MB")] : [count / 1e9, /** @type {const} */ ("GB")];
  return fill(words.numbers[unit], { size: size >= 100 || unit === "kB" ? number(Math.round(size)) : size.toFixed(1) });
}

const days = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });

/** "24 Nov 2026" @param {number} time milliseconds since 1970 */
export const day = (time) => days.format(time);

/** "1 min 20 s left" @param {number | null} seconds */
export function timeLeft(seconds) {
  return seconds === null || !Number.isFinite(seconds) ? "" : fill(words.numbers.left, { time: duration(seconds) });
}

/** "12 images per second" @param {number} imagesPerSecond */
export function speed(imagesPerSecond) {
  if (!Number.isFinite(imagesPerSecond) || imagesPerSecond <= 0) return "";
  return counted(imagesPerSecond >= 10 ? Math.round(imagesPerSecond) : Number(imagesPerSecond.toFixed(1)), words.numbers.speed);
}

/** "0.4312", "0.00021" @param {number} loss */
export const lossValue = (loss) => (loss >= 0.001 || loss === 0 ? loss.toFixed(4) : loss.toPrecision(2));

/** "112 × 112 × 32": an output shape without the batch. @param {(number | null)[]} shape */
export const shapeWords = (shape) => shape.filter((side) => side !== null).map(number).join(" × ");

/** Joins what there is: "320 of 698 · 12 images per second · 31 s left". @param {...string} parts */
export const joined = (...parts) => parts.filter(Boolean).join(" · ");
