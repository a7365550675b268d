// How each class looks wherever it is drawn: a colour, by its place in the palette or as a person chose it, and a shape. Eight of each;
// where there are more classes, the colours go round and meet other shapes. What was chosen is kept with the project.

import { colour, element } from "./elements.js";
import { SHAPE_COUNT, clipOf } from "./map_marks.js";
import { currentTrainer, showFailure } from "./session.js";
import { change, state } from "./state.js";

/** @typedef {import("./map_marks.js").Mark} Mark */

const COLOURS = 8;
let isUnsaved = false;

/** Given when a class is first seen, so that it keeps its look whatever comes and goes beside it. @param {string} label */
function placeOf(label) {
  const { places, classes } = state;
  for (const name of places.has(label) ? [] : [...classes.keys(), label]) {
    if (!places.has(name)) places.set(name, Math.max(-1, ...places.values()) + 1);
  }
  return places.get(label) ?? 0;
}

/** @param {string} label */
const shapeOf = (label) => (placeOf(label) + Math.floor(placeOf(label) / COLOURS)) % SHAPE_COUNT;

/** @param {string} label */
const tokenOf = (label) => /** @type {const} */ (`--map-${(placeOf(label) % COLOURS) + 1}`);

/** For style sheets: follows the theme by itself. @param {string} label */
export const cssColour = (label) => state.colours.get(label) ?? `var(${tokenOf(label)})`;

/** The colour that the class has without a choice, as a canvas needs it. @param {Element} target @param {string} label */
export const usualColour = (target, label) => colour(target, tokenOf(label));

/** For a canvas. @param {Element} target @param {Iterable<string>} labels @returns {Map<string, Mark>} */
export const marksOf = (target, labels) =>
  new Map([...labels].map((label) => [label, { fill: state.colours.get(label) ?? usualColour(target, label), shape: shapeOf(label) }]));

/** The class's mark as an element. @param {string} label */
export function swatch(label) {
  const made = element("span", { className: "class-swatch", ariaHidden: "true" });
  made.style.background = cssColour(label);
  made.style.clipPath = clipOf(shapeOf(label));
  return made;
}

/** Of a project that was opened. One that is not kept goes on with what the page has. @param {import("./trainer.js").Trainer} trainer @param {[string, string][]} colours */
export function showColours(trainer, colours) {
  isUnsaved = false;
  change((s) => {
    if (trainer.kept?.id) s.colours = new Map(colours);
    s.places = new Map();
    for (const group of s.classes.values()) group.version++;
  });
}

/** @param {string} label @param {string | null} colour the usual one where there is none */
export function setColour(label, colour) {
  changeLooks((colours) => (colour === null ? colours.delete(label) : colours.set(label, colour)));
  change(({ classes }) => {
    const group = classes.get(label);
    if (group) group.version++;
  });
}

/** A class that has another name has the look of before. @param {string} from @param {string} to */
export function takeLook(from, to) {
  const place = placeOf(from);
  state.places.delete(from);
  state.places.set(to, place);
  const own = state.colours.get(from);
  if (own === undefined && !state.colours.has(to)) return;
  changeLooks((colours) => {
    colours.delete(from);
    if (own === undefined) colours.delete(to);
    else colours.set(to, own);
  });
}

/** @param {(colours: Map<string, string>) => void} how */
function changeLooks(how) {
  const colours = new Map(state.colours);
  how(colours);
  change((s) => (s.colours = colours));
  isUnsaved = true;
  keepColours();
}

/** Keeps what was chosen with the project, as soon as there is a trainer. */
export function keepColours() {
  const trainer = currentTrainer();
  if (!isUnsaved || !trainer) return;
  isUnsaved = false;
  // Where it can't be kept, in another tab's project, it holds until the page is closed.
  trainer.projects.setColours(state.colours).catch((error) => error.code === "read-only" || showFailure(error));
}
