// The part of the epochs that a plot shows: from where to where, and how the keys change it. Whole epochs; null is the whole run.

/** @typedef {[number, number]} Span */

/** Epochs that are seen at least, beside each other. */
const LEAST = 2;
/** Of the span that is seen, a step to the side. */
const STEP = 1 / 4;

/** The part within the run; null where that is all of it. @param {Span} span @param {number} last epoch of the run @returns {Span | null} */
export function spanWithin([from, to], last) {
  const width = Math.min(last - 1, Math.max(LEAST, Math.round(to - from)));
  const first = Math.min(last - width, Math.max(1, Math.round((from + to - width) / 2)));
  return width >= last - 1 ? null : [first, first + width];
}

/** What a key makes of it; undefined where it means nothing. @param {string} key @param {Span | null} span @param {number} last @returns {Span | null | undefined} */
export function spanAfter(key, span, last) {
  const [from, to] = span ?? [1, last];
  const width = to - from;
  const scaled = (/** @type {number} */ by) => spanWithin([(from + to - width * by) / 2, (from + to + width * by) / 2], last);
  const moved = (/** @type {number} */ by) => span && spanWithin([from + by, to + by], last);
  const step = Math.max(1, Math.round(width * STEP));
  switch (key) {
    case "+":
    case "=":
      return scaled(0.5);
    case "-":
    case "−":
      return span && scaled(2);
    case "ArrowLeft":
      return span ? moved(-step) : undefined;
    case "ArrowRight":
      return span ? moved(step) : undefined;
    case "0":
    case "Escape":
      return span ? null : undefined;
    default:
      return undefined;
  }
}
