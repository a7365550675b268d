// Lists what dist/ contains of other people's, as CycloneDX: node build/sbom.mjs FOLDER > FOLDER/sbom.cdx.json
// The crates in the wasm modules, the packages in vendor/, the weights; each with version, licence and hash.
// The same sources give the same bytes: no time, no serial number.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** As in build/licenses.py: what only builds reaches no visitor. */
const BUILD = ["--locked", "--no-default-features", "--features", "engine,pool"];
const TREE = ["tree", "--target", "wasm32-unknown-unknown", "-e", "normal,no-proc-macro", "--prefix", "none", "-f", "{p}"];
const ROOT = new URL("../", import.meta.url);

/** @typedef {{name: string, version: string, license?: string | null, hash?: {alg: string, content: string}, type?: string}} Part */

const [folder] = process.argv.slice(2);
const metadata = JSON.parse(cargo(["metadata", "--format-version", "1"]));
const own = metadata.packages.find((/** @type {{id: string}} */ { id }) => id === metadata.resolve.root);
const components = [...(await crates()), ...(await packages()), ...(await weights())];
components.sort((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1));
const component = { ...entry("pkg:generic/", own), type: "application" };
const bom = { bomFormat: "CycloneDX", specVersion: "1.5", version: 1, metadata: { component }, components };
process.stdout.write(`${JSON.stringify(bom, null, 1)}\n`);

async function crates() {
  const linked = new Set(cargo(TREE).split("\n").map((line) => line.split(" ").slice(0, 2).join(" "))); // burn v0.22.1
  const lock = await readFile(new URL("Cargo.lock", ROOT), "utf8");
  const sums = new Map([...lock.matchAll(/name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"/g)].map(([, name, version, sum]) => [`${name} v${version}`, sum]));
  return metadata.packages
    .filter((/** @type {Part} */ { name, version }) => linked.has(`${name} v${version}`) && sums.has(`${name} v${version}`))
    .map((/** @type {Part} */ { name, version, license }) =>
      entry("pkg:cargo/", { name, version, license, hash: { alg: "SHA-256", content: sums.get(`${name} v${version}`) ?? "" } }));
}

/** Those of vendor/versions.txt, as package-lock.json has them. */
async function packages() {
  const lock = JSON.parse(await readFile(new URL("package-lock.json", ROOT), "utf8")).packages;
  const names = (await readFile(join(folder, "vendor/versions.txt"), "utf8")).trim().split("\n").map((line) => line.split(" ")[0]);
  return names.map((name) => {
    const { version, license, integrity } = lock[`node_modules/${name}`];
    const content = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
    return entry("pkg:npm/", { name, version, license, hash: { alg: "SHA-512", content } });
  });
}

async function weights() {
  const files = (await readdir(join(folder, "weights"))).filter((name) => name.endsWith(".safetensors"));
  return Promise.all(files.map(async (name) => {
    const content = createHash("sha256").update(await readFile(join(folder, "weights", name))).digest("hex");
    return entry("pkg:generic/", { name, version: content.slice(0, 16), license: "Apache-2.0", hash: { alg: "SHA-256", content }, type: "machine-learning-model" });
  }));
}

/** @param {string} kind @param {Part} part */
function entry(kind, { name, version, license, hash, type = "library" }) {
  const purl = `${kind}${name}@${version}`;
  // SPDX has " OR " where older crates have "/".
  const licenses = license && (/^[\w .+()-]+$/.test(license.replaceAll("/", " OR ")) && !license.startsWith("SEE")
    ? [{ expression: license.replaceAll("/", " OR ") }]
    : [{ license: { name: license } }]);
  return { type, "bom-ref": purl, name, version, ...(licenses && { licenses }), ...(hash && { hashes: [hash] }), purl };
}

/** @param {string[]} command */
function cargo([command, ...rest]) {
  return execFileSync("cargo", [command, ...rest, ...BUILD], { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "inherit"] });
}
