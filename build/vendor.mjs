// Copies what the page takes from npm into www/vendor: node build/vendor.mjs
// The versions are those of package-lock.json; the list below is all that reaches a visitor.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";

const ROOT = new URL("../", import.meta.url);
const VENDOR = new URL("www/vendor/", ROOT);

/** file in the package → name in www/vendor. `commonJs`: what its scripts export, where they are no ES modules.
 * @type {{name: string, files: Record<string, string>, commonJs?: string}[]}
 */
const PACKAGES = [
  {
    name: "h5wasm", // reads Keras's weights; loaded with the first such file
    files: {
      "dist/esm/hdf5_hl.js": "h5wasm.js",
      "dist/esm/hdf5_util.js": "hdf5_util.js",
      "src/hdf5_hl.d.ts": "h5wasm.d.ts",
      "src/hdf5_util_helpers.d.ts": "hdf5_util_helpers.d.ts",
      "LICENSE.txt": "h5wasm.LICENSE.txt",
    },
  },
  {
    name: "uplot",
    files: {
      "dist/uPlot.esm.js": "uPlot.esm.js",
      "dist/uPlot.min.css": "uPlot.min.css",
      "dist/uPlot.d.ts": "uPlot.esm.d.ts", // for tsc alone; dist/ leaves it out
      "LICENSE": "uPlot.LICENSE.txt",
    },
  },
  {
    name: "fflate",
    files: {
      "esm/browser.js": "fflate.esm.js",
      "esm/browser.d.ts": "fflate.esm.d.ts",
      "LICENSE": "fflate.LICENSE.txt",
    },
  },
  {
    name: "idb",
    files: {
      "build/index.js": "idb.esm.js",
      "build/index.d.ts": "idb.esm.d.ts",
      "build/entry.d.ts": "entry.d.ts",
      "build/database-extras.d.ts": "database-extras.d.ts",
      "build/async-iterators.d.ts": "async-iterators.d.ts",
      "build/wrap-idb-value.d.ts": "wrap-idb-value.d.ts",
      "LICENSE": "idb.LICENSE.txt",
    },
  },
  {
    name: "d3-dsv", // reads tables of labels; loaded with the first of them
    files: { "dist/d3-dsv.mjs": "d3-dsv.js", "LICENSE": "d3-dsv.LICENSE.txt" },
  },
  {
    name: "umap-js", // lays out the map of the features; loaded when UMAP is asked for
    files: { "lib/umap-js.min.js": "umap.js", "dist/umap.d.ts": "umap.d.ts", "dist/matrix.d.ts": "matrix.d.ts", "LICENSE": "umap.LICENSE.txt" },
    commonJs: "UMAP",
  },
  // In umap-js's script.
  ...["ml-levenberg-marquardt", "ml-matrix", "is-any-array"].map((name) => ({ name, files: { LICENSE: `${name}.LICENSE.txt` } })),
  { name: "@types/d3-dsv", files: { "index.d.ts": "d3-dsv.d.ts" } }, // for tsc alone
];

await rm(VENDOR, { recursive: true, force: true });
await mkdir(VENDOR, { recursive: true });
const versions = [];
for (const { name, files, commonJs } of PACKAGES) {
  const home = new URL(`node_modules/${name}/`, ROOT);
  for (const [from, to] of Object.entries(files)) {
    if (commonJs && to.endsWith(".js")) await writeFile(new URL(to, VENDOR), asModule(await readFile(new URL(from, home), "utf8"), commonJs));
    else await copyFile(new URL(from, home), new URL(to, VENDOR));
  }
  if (!name.startsWith("@types/")) versions.push(`${name} ${JSON.parse(await readFile(new URL("package.json", home), "utf8")).version}`);
}
await writeFile(new URL("versions.txt", VENDOR), `${versions.join("\n")}\n`);

/** @param {string} source @param {string} exported */
function asModule(source, exported) {
  return `const module = { exports: {} };\nconst { exports } = module;\n${source}\nexport const { ${exported} } = module.exports;\n`;
}

console.log(`www/vendor/: ${versions.join(", ")}`);
