// Parts of the page that are fetched when they are first asked for.

import { words } from "./language.js";
import { dismiss, report } from "./problems.js";

/** A failure is said on the page. @template T @param {() => Promise<T>} load @param {(part: T) => void} use */
export async function loaded(load, use) {
  dismiss("part");
  const part = await load().catch(() => null);
  if (part) use(part);
  else report("part", words.loaded.failed);
}
