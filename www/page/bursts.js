// Bursts of the camera, counted as what they are: one group, which is trained on or held back as a whole. The name of an image
// says which burst it is of, so that this holds wherever the image goes. A class that is one group can't be validated, and
// what to do is said.

import { words } from "./language.js";
import { currentTrainer } from "./session.js";
import { state } from "./state.js";
import { counted, fill } from "./words.js";

/** Bursts below which a class is hardly validated. */
export const FEW_BURSTS = 3;

const OF_BURST = /^(burst-\d{8}-\d{9})-\d{3,}\.jpg$/;

/** The beginning of its images' names. @param {Date} begin */
export const burstName = (begin) => `burst-${begin.toISOString().replace(/[-:.Z]/g, "").replace("T", "-")}`;

/** How many images of each burst a trainer was told of, on the device that it had.
 * @type {WeakMap<import("./trainer.js").Trainer, {device: string, told: Map<string, number>}>} */
const toldTo = new WeakMap();

/** Tells the trainer which images are one burst, where it does not know yet. */
export async function keepBurstsTogether() {
  const trainer = currentTrainer();
  if (!trainer) return;
  const { device } = trainer.info;
  const before = toldTo.get(trainer);
  // Another device knows only what looks alike.
  const { told } = before?.device === device ? before : { told: new Map() };
  toldTo.set(trainer, { device, told });
  const calls = [...bursts()].filter(([name, ids]) => ids.length > 1 && told.get(name) !== ids.length).map(([name, ids]) => {
    told.set(name, ids.length);
    return trainer.keepTogether(ids);
  });
  await Promise.all(calls);
}

/** Ids of images by burst. @returns {Map<string, number[]>} */
function bursts() {
  /** @type {Map<string, number[]>} */
  const found = new Map();
  for (const { images } of state.classes.values()) {
    for (const { id, name } of images) {
      const burst = OF_BURST.exec(name)?.[1];
      if (burst) found.set(burst, [...(found.get(burst) ?? []), id]);
    }
  }
  return found;
}

/** @type {number[][]} */
let known = [];
/** @type {Map<number, number>} */
let groupOf = new Map();

/** What to say of classes whose images all look alike. @param {import("./state.js").State} state @returns {string[]} */
export function oneGroupWords({ classes, groups, options, job }) {
  // Before all are here the groups are not; the tail split knows none.
  if (job?.kind === "adding" || options.split !== "hash" || groups.length === 0) return [];
  if (groups !== known) {
    known = groups;
    groupOf = new Map(groups.flatMap((ids, group) => ids.map((id) => /** @type {[number, number]} */ ([id, group]))));
  }
  const isOneGroup = (/** @type {import("./state.js").ImageClass} */ { images }) => {
    const first = images.length > 1 ? groupOf.get(images[0].id) : undefined;
    return first !== undefined && images.every(({ id }) => groupOf.get(id) === first);
  };
  return [...classes.values()].filter(isOneGroup).map(({ label, images }) =>
    fill(words.bursts.oneGroup, { images: counted(images.length, words.nouns.image), label, more: FEW_BURSTS - 1 }));
}
