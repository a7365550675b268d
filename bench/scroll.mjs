// Runs in the page: scrolls it, and says how smoothly that went. Needs nothing from outside, so that it can cross to the browser.

/** Down and up again, a screen in half a second. @param {number} seconds */
export async function scroll(seconds) {
  const [step, intervals] = [1600 / 60, /** @type {number[]} */ ([])];
  let [most, blank, looked] = [0, 0, 0];
  const start = performance.now();
  for (let last = start, n = 0; last - start < seconds * 1000; n++) {
    scrollBy(0, step);
    const now = await new Promise((resolve) => requestAnimationFrame(resolve));
    intervals.push(now - last);
    last = now;
    if (n % 10 > 0) continue;
    most = Math.max(most, document.querySelectorAll("*").length);
    const images = [...document.querySelectorAll("li[data-image] img")].filter((image) => {
      const { top, bottom } = image.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    });
    looked += images.length;
    blank += images.filter((image) => !(/** @type {HTMLImageElement} */ (image).complete)).length;
  }
  const sorted = intervals.slice(5).sort((a, b) => a - b);
  const total = sorted.reduce((sum, one) => sum + one, 0);
  const memory = /** @type {any} */ (performance).memory?.usedJSHeapSize ?? 0;
  return {
    frames: intervals.length,
    framesPerSecond: Number(((1000 * sorted.length) / total).toFixed(1)),
    p95Millis: Number(sorted[Math.floor(0.95 * sorted.length)].toFixed(1)),
    longestMillis: Number(sorted[sorted.length - 1].toFixed(1)),
    scrolledPx: Math.round(scrollY),
    mostElements: most,
    blankShare: Number((blank / Math.max(1, looked)).toFixed(3)),
    heapMegabytes: Math.round(memory / 2 ** 20),
  };
}
