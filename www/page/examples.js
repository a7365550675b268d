// The example images beside the page: one click loads them and trains. Without them the offer is not shown.

import { addItems } from "./adding.js";
import { byId } from "./elements.js";
import { words } from "./language.js";
import { report } from "./problems.js";
import { change, state } from "./state.js";
import { train } from "./training.js";
import { counted } from "./words.js";

const folder = new URL("../examples/solar-cells/", import.meta.url);
const AT_ONCE = 6;

/** Looks whether there are examples. */
export async function findExamples() {
  try {
    const answer = await fetch(new URL("manifest.json", folder));
    if (!answer.ok) return;
    /** @type {{classes: {label: string, files: string[]}[]}} */
    const { classes } = await answer.json();
    const files = classes.flatMap(({ label, files }) => files.map((path) => ({ label, path })));
    change((s) => (s.example = { label: "solar cells", count: files.length, files }));
  } catch {
    // No examples: the page offers none.
  }
}

/** Loads the example images, then trains. @param {{thenTrain?: boolean}} [options] */
export async function loadExamples({ thenTrain = true } = {}) {
  const files = state.example?.files ?? [];
  if (state.gathering || files.length === 0) return;
  change((s) => Object.assign(s, { gathering: words.examples.fetching, trainAfterAdding: thenTrain }));
  try {
    /** @type {import("./files.js").Item[]} */
    const items = new Array(files.length);
    let next = 0;
    const fetchInTurn = async () => {
      for (let at = next++; at < files.length; at = next++) items[at] = await fetched(files[at]);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, fetchInTurn));
    change((s) => (s.gathering = null));
    addItems(items, performance.now());
    if (thenTrain) train();
  } catch {
    change((s) => Object.assign(s, { gathering: null, trainAfterAdding: false }));
    const actions = [{ name: words.examples.retry, run: () => void loadExamples({ thenTrain }) }];
    report("examples", words.examples.failed, { actions });
  }
}

/** @param {{label: string, path: string}} example */
async function fetched({ label, path }) {
  const answer = await fetch(new URL(path.split("/").map(encodeURIComponent).join("/"), folder));
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  const name = path.split("/").at(-1) ?? path;
  const blob = await answer.blob();
  return { file: new File([blob], name, { type: blob.type }), label, name };
}

/** @param {import("./state.js").State} state */
export function drawExamples({ example, classes, gathering }) {
  byId("example", HTMLElement).hidden = example === null || classes.size > 0;
  byId("example-button", HTMLButtonElement).disabled = gathering !== null;
  if (example) byId("example-size", HTMLElement).textContent = counted(example.count, words.nouns.image);
}
