// What accuracy is to be compared with: always answering the class that is most frequent.

/** Among the validation images; before there is a report, among all.
 * @param {Pick<import("./state.js").State, "report" | "classes">} state @returns {{label: string, share: number}}
 */
export function mostFrequent({ report, classes }) {
  const counts = report ? report.perClass.map(({ label, support }) => ({ label, count: support })) : [...classes.values()].map(({ label, images }) => ({ label, count: images.length }));
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  const most = counts.reduce((best, one) => (one.count > best.count ? one : best), { label: "", count: 0 });
  return { label: most.label, share: most.count / Math.max(1, all) };
}
