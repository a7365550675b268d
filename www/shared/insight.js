// What the trainer shows of images beyond their class: maps of their features, neighbours, what an answer rests on. Types alone.

/** `pca`: the plane in which the rows differ most. `umap`: a layout that keeps neighbours together. @typedef {"pca" | "umap"} MapMethod */

/** A place for each of the images. `explained`, with `pca`: the axes' shares of all variance.
 * @typedef {{method: MapMethod, ids: number[], points: [number, number][], explained?: [number, number]}} FeatureMap
 */

/** `similarity`: cosine of both feature rows, 1 where they point the same way. @typedef {{id: number, similarity: number}} Neighbour */

/** What each position adds to the logit of the class, row by row; negative where it speaks against it.
 * @typedef {{label: string, probability: number, values: number[]}} HeatMap
 */
/** Maps of several classes, the most probable first. @typedef {{height: number, width: number, maps: HeatMap[]}} HeatMaps */

/** One of the trainer's images, or a file. @typedef {{id: number} | {name: string, file: Blob}} Picture */

/** @typedef {{type: "map", method: MapMethod, most: number, seed: number}
 *         | {type: "neighbours", picture: Picture, count: number}
 *         | {type: "heatMaps", picture: Picture, most: number, label?: string}} InsightCommand */
/** @typedef {{map: FeatureMap, neighbours: Neighbour[], heatMaps: HeatMaps}} InsightResults */

/** Engine → the worker that draws a map. @typedef {{type: "draw", method: MapMethod, rows: Float32Array<ArrayBuffer>, numFeatures: number, seed: number}} MapCommand */
/** @typedef {{draw: Pick<FeatureMap, "points" | "explained">}} MapResults */

export {};
