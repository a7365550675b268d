// Images of which only features are here: what to say where something needs their pictures.

import { words } from "./language.js";
import { report } from "./problems.js";
import { state } from "./state.js";
import { hasPicture } from "./told_image.js";
import { counted } from "./words.js";

const text = words.without_picture;

/** What to say before training, where something was asked for that features can't give. @param {import("./state.js").State} state */
export function featureWords({ classes, options, job }) {
  if (job || (!options.augment && options.input !== "images")) return [];
  const alone = countAlone(classes);
  if (alone === 0) return [];
  return [counted(alone, options.input === "images" ? text.noInput : text.noViews)];
}

/** @param {typeof state.classes} classes */
const countAlone = (classes) => [...classes.values()].reduce((sum, { images }) => sum + images.filter((image) => !hasPicture(image)).length, 0);

/** Before another network comes: what to say after it of images that can't go through it. */
export function leftByNetwork() {
  const alone = countAlone(state.classes);
  const isKept = state.kept !== null && state.kept.state !== "none";
  return () => alone > 0 && report("features", counted(alone, isKept ? text.comeBack : text.chooseAgain), { tone: "notice" });
}
