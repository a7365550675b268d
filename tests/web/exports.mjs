// A bundle as whoever gets it uses it: unpacked, and its own check run.
import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { emptyFolder } from "./pictures.mjs";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Unpacks a zip where Node finds this repository's packages, and runs its check. @param {import("node:test").TestContext} t @param {Buffer} zip */
export async function checked(t, zip) {
  const folder = await emptyFolder(t);
  await symlink(MODULES, join(folder, "node_modules"));
  const entries = Object.entries(unzipSync(zip));
  for (const [path, bytes] of entries) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  const { stdout } = await promisify(execFile)("node", [join(folder, dirname(entries[0][0]), "check.mjs")]);
  return { said: stdout, paths: entries.map(([path]) => path) };
}
