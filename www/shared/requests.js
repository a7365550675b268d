// What a thread asked for over the network, as the browser counted it. Each thread has a list of its own.

/** `bytes`: received; 0 from the browser's cache. @typedef {{url: string, bytes: number}} NetworkRequest */

/** Enough for the page with all example pictures; 250 by default. */
const MOST = 5000;

/** Makes room for all, before there are many. */
export const countRequests = () => performance.setResourceTimingBufferSize(MOST);

/** @returns {NetworkRequest[]} */
export function requestsOfThread() {
  const entries = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType("resource"));
  // What the page makes itself, such as a thumbnail, has a blob: or data: address.
  return entries.filter(({ name }) => /^https?:/.test(name)).map(({ name, transferSize }) => ({ url: name, bytes: transferSize }));
}
