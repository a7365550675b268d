// Colours of classes, as they are kept.
import { Failure } from "../shared/failure.js";

export const COLOUR = /^#[0-9a-f]{6}$/;

/** @param {import("../shared/kept.js").ClassColour[]} colours */
export function checkedColours(colours) {
  const wrong = colours.find(([, colour]) => !COLOUR.test(colour));
  if (wrong) throw new Failure("wrong-option", `${JSON.stringify(wrong[1])} is no colour. Give six digits, such as "#1b62a8".`);
  return colours;
}
