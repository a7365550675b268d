// What is kept of a project, put together from its parts as text: fingerprints were whole numbers of 64 bits in what was kept
// first, and JavaScript's JSON would make others of them. Pure.

/** What belongs to the head. Neither text nor another object is in it; within a text its quotes would be escaped. */
const KEPT = /"kept":(?:null|\{[^{}]*\})/;

/** All as it was kept last, but of the head what was kept with it. @param {string} saved @param {string} [ofHead] */
export function withHead(saved, ofHead = "") {
  const [kept] = KEPT.exec(ofHead) ?? [];
  return kept ? saved.replace(KEPT, () => kept) : saved;
}
