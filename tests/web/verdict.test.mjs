// The verdict's rules, as docs/verdict.md states them.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { verdict } from "../../www/page/verdict.js";

/** A report of two classes, `right` of `total` called right. @param {object} [change] @returns {any} */
const report = (change) => ({
  accuracy: 0.8, interval: [0.74, 0.85], trainAccuracy: 0.82, validation: 200, bestEpoch: 10,
  perClass: [{ label: "cats", support: 100, recall: 0.8 }, { label: "dogs", support: 100, recall: 0.8 }],
  ...change,
});

/** @param {object} [change] @returns {any} */
const around = (change) => ({
  classes: [{ label: "cats", images: 500 }, { label: "dogs", images: 500 }], groups: [], options: { head: "mlp", split: "hash" }, epochs: 30, ...change,
});

/** @type {{name: string, report?: object, around?: object, codes: string[], words?: RegExp}[]} */
const CASES = [
  { name: "all is well", codes: ["fits", "baseline"], words: /82\.0\u00a0%.*no sign of overfitting.*50\.0\u00a0%\./s },
  { name: "training far above", report: { trainAccuracy: 0.92 }, codes: ["overfitting", "baseline"], words: /12\.0 points below training.*more images, augmentation or the linear head\./ },
  { name: "the same with augmentation and a linear head", report: { trainAccuracy: 0.92 }, around: { options: { head: "linear", split: "hash", augment: {} } }, codes: ["overfitting", "baseline"], words: /Try more images\.$/m },
  { name: "training itself is poor", report: { accuracy: 0.7, interval: [0.63, 0.76], trainAccuracy: 0.7, bestEpoch: 30 }, codes: ["underfitting", "baseline"], words: /Try more epochs,/ },
  { name: "nearest neighbours, training far above", report: { trainAccuracy: 0.92 }, around: { options: { head: "knn", split: "hash" } }, codes: ["overfitting", "baseline"], words: /Try more images or more neighbours\.$/m },
  { name: "nearest neighbours whose own images are not alike", report: { accuracy: 0.7, interval: [0.63, 0.76], trainAccuracy: 0.7 }, around: { options: { head: "knn", split: "hash" } }, codes: ["underfitting", "baseline"], words: /Try fewer neighbours or another head/ },
  { name: "training below validation", report: { accuracy: 0.95, interval: [0.91, 0.97], trainAccuracy: 0.88 }, codes: ["easy-validation", "baseline"] },
  { name: "no better than guessing", report: { accuracy: 0.48, interval: [0.41, 0.55], trainAccuracy: 0.9 }, codes: ["overfitting", "below-baseline"] },
  { name: "not surely better", report: { accuracy: 0.55, interval: [0.48, 0.62], trainAccuracy: 0.9 }, codes: ["overfitting", "near-baseline"], words: /not yet surely better/ },
  { name: "few validation images", report: { validation: 24, interval: [0.6, 0.92], perClass: [{ label: "cats", support: 12, recall: 1 }, { label: "dogs", support: 12, recall: 1 }] }, codes: ["fits", "baseline", "small-validation"], words: /24 validation images are too few.*32\.0 points/ },
  { name: "a small class", around: { classes: [{ label: "cats", images: 25 }, { label: "dogs", images: 19 }] }, codes: ["fits", "baseline", "few-images"], words: /dogs \(19\) has fewer than 20/ },
  {
    name: "one class nearly alone, the other missed", codes: ["fits", "near-baseline", "dominant-class", "missed-class"], words: /cats is 90\.0\u00a0%.*balanced.*image of dogs was/s,
    report: { accuracy: 0.92, interval: [0.87, 0.98], trainAccuracy: 0.97, perClass: [{ label: "cats", support: 180, recall: 1 }, { label: "dogs", support: 20, recall: 0 }] },
    around: { classes: [{ label: "cats", images: 900 }, { label: "dogs", images: 100 }] },
  },
  { name: "near-duplicates in two classes", around: { groups: [["dogs", "cats"], ["cats", "cats"]] }, codes: ["fits", "baseline", "mixed-duplicates"], words: /1 group of near-duplicates is in more than one class \(cats or dogs\)/ },
  { name: "the tail with near-duplicates", around: { groups: [["cats", "cats"]], options: { head: "mlp", split: "tail" } }, codes: ["fits", "baseline", "leaky-split"] },
];

for (const { name, report: changed, around: other, codes, words } of CASES) {
  test(name, () => {
    const found = verdict(report(changed), around(other));
    assert.deepEqual(found.map(({ code }) => code), codes);
    if (words) assert.match(found.map((finding) => finding.words).join("\n"), words);
  });
}

test("every rule has a case, and stands in the docs", async () => {
  const docs = await readFile(new URL("../../docs/verdict.md", import.meta.url), "utf8");
  const stated = [...docs.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code).sort();
  assert.deepEqual(stated, [...new Set(CASES.flatMap(({ codes }) => codes))].sort());
});
