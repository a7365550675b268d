// Dragging over a plot with a finger or a pen; uPlot knows the mouse alone. Upwards and downwards still scrolls the page.

/** Marks what is dragged over, and tells it as uPlot tells the mouse's. @param {import("../vendor/uPlot.esm.js")} chart */
export function selectByTouch(chart) {
  const { over } = chart;
  /** @type {number | null} */
  let start = null;
  const placeOf = (/** @type {PointerEvent} */ { clientX }) => {
    const { left, width } = over.getBoundingClientRect();
    return Math.min(width, Math.max(0, clientX - left));
  };
  const mark = (/** @type {number} */ left, /** @type {number} */ width, /** @type {boolean} */ isOver) =>
    chart.setSelect({ left, width, top: 0, height: width > 0 ? over.clientHeight : 0 }, isOver);
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse") start = placeOf(event);
  });
  over.addEventListener("pointermove", (event) => {
    if (start === null || event.pointerType === "mouse") return;
    const place = placeOf(event);
    mark(Math.min(start, place), Math.abs(place - start), false);
  });
  over.addEventListener("pointerup", (event) => {
    if (start === null || event.pointerType === "mouse") return;
    const [from, to] = [start, placeOf(event)].sort((a, b) => a - b);
    start = null;
    mark(from, to - from, true);
  });
  over.addEventListener("pointercancel", () => {
    if (start !== null) mark(0, 0, false);
    start = null;
  });
}
