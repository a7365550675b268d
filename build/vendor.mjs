// Copies what the page takes from npm into www/vendor: node build/vendor.mjs
// The versions are those of package-lock.json; the list below is all that reaches a visitor.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";

const ROOT = new URL("../", import.meta.url);
const VENDOR = new URL("www/vendor/", ROOT);

/** @type {{name: string, files: Record<string, string>}[]} file in the package → name in www/vendor */
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
  { name: "@types/d3-dsv", files: { "index.d.ts": "d3-dsv.d.ts" } }, // for tsc alone
];

await rm(VENDOR, { recursive: true, force: true });
await mkdir(VENDOR, { recursive: true });
const versions = [];
for (const { name, files } of PACKAGES) {
  const home = new URL(`node_modules/${name}/`, ROOT);
  for (const [from, to] of Object.entries(files)) await copyFile(new URL(from, home), new URL(to, VENDOR));
  if (!name.startsWith("@types/")) versions.push(`${name} ${JSON.parse(await readFile(new URL("package.json", home), "utf8")).version}`);
}
await writeFile(new URL("versions.txt", VENDOR), `${versions.join("\n")}\n`);
console.log(`www/vendor/: ${versions.join(", ")}`);
