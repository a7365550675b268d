// What a kept project is to the page. No code.

/** @typedef {import("./protocol.js").Epoch} Epoch */
/** @typedef {import("./protocol.js").FitOptions} FitOptions */
/** @typedef {import("./protocol.js").Image} Image */

/** By `id`, or the one opened last where `recent`, else by `name`; made where there is none, or always where `fresh`.
 * `takeOver`: from another tab.
 * @typedef {{id?: string, name?: string, recent?: boolean, fresh?: boolean, takeOver?: boolean}} ProjectChoice
 */

/** How a project is kept, in words for the person. `saving`: not all is written yet; `paused`: the disk is full;
 * `read-only`: another tab has it; `none`: this browser keeps nothing. `usage`, `quota`: bytes, where the browser tells.
 * @typedef {{
 *   state: "saved" | "saving" | "paused" | "read-only" | "none",
 *   id: string,
 *   name: string,
 *   message: string,
 *   usage?: number,
 *   quota?: number,
 * }} Kept
 */

/** A kept project in the list. `changed`: milliseconds since 1970. `bytes`: of its files.
 * @typedef {{id: string, name: string, images: number, bytes: number, changed: number}} ProjectEntry
 */

/** A network that the project has feature rows of. `weights`: their SHA-256; `bytes`: of their file, 0 where not known, as `name` is
 * empty then. `features`: numbers of a row. `images`: how many have their row; `missing`: how many lack it.
 * @typedef {{weights: string, name: string, bytes: number, features: number, images: number, missing: number, isOpen: boolean}} KeptNetwork
 */

/** What was kept of a training: its options and its epochs. @typedef {{options: FitOptions, history: Epoch[]}} KeptFit */

/** A class and the colour that a person gave it: "#1b62a8". @typedef {[label: string, colour: string]} ClassColour */

/** What a project had when it was opened. `waiting`: files that `resumeAdding` goes on with. `trained`: of the head that is
 * there. `unfinished`: of a training that was broken off; `fit` with the same options goes on with it. `threshold`: of the head,
 * below which it answers "none of these". `colours`: of the classes that were given one.
 * @typedef {{images: Image[], waiting: {name: string, label: string}[], trained: KeptFit | null, unfinished: KeptFit | null, threshold: number, colours: ClassColour[]}} Contents
 */
/** The images are told before, a portion at a time. @typedef {Omit<Contents, "images">} ContentsButImages */

/** @typedef {{type: "files", ids: number[]} | {type: "setThreshold", threshold: number} | {type: "networks"} | {type: "setColours", colours: ClassColour[]}} KeptCommand */
/** @typedef {{files: (Blob | undefined)[], setThreshold: void, networks: KeptNetwork[], setColours: void}} KeptResults */

export {};
