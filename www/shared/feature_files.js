// What opening feature shards takes and gives. Types alone.

/** `most`: rows; of more a sample is taken, by `seed`. @typedef {{type: "addFeatures", files: {name: string, file: Blob}[], most: number, seed: number}} AddFeatures */
/** `rows`: chosen, of so many in the files. @typedef {{rows: number, of: number}} FeaturesAdded */

export {};
