// The untouched test set: what crosses between the threads about it. Types alone.

/** What it said of the head of that day. `atMillis`: since 1970. `trainingsSince`: heads that may have been led by it.
 * @typedef {{
 *   atMillis: number,
 *   images: number,
 *   accuracy: number,
 *   interval: [number, number],
 *   valAccuracy: number,
 *   labels: string[],
 *   confusion: number[][],
 *   trainingsSince: number,
 * }} Opened
 */

/** `share`: 0 where none is set aside. `seen`: of `ids`, those that the head of now was trained or validated on.
 * @typedef {{share: number, ids: number[], seen: number, opened?: Opened | null}} TestSet
 */

/** @typedef {{type: "testSet"} | {type: "setTestShare", share: number} | {type: "openTestSet", atMillis: number}} TestSetCommand */
/** @typedef {{testSet: TestSet, setTestShare: TestSet, openTestSet: TestSet}} TestSetResults */

export {};
