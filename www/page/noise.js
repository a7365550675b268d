// What systems put beside pictures: never an image, never worth a word.

const NOISE = new Set(["thumbs.db", "desktop.ini", "__macosx"]);

/** @param {string} name of a file or folder */
export const isNoise = (name) => name.startsWith(".") || NOISE.has(name.toLowerCase());
