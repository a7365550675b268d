// A bar in its lane: a name, its share, and how far it has come.

import { element } from "./elements.js";
import { percent } from "./words.js";

/** A list item. @param {string} name @param {number} share @param {string} [colour] of the class that it is, for style sheets */
export function lane(name, share, colour) {
  const fill = element("span", { className: "lane-fill" });
  fill.style.setProperty("--share", String(share));
  if (colour) fill.style.setProperty("--class", colour);
  const track = element("span", { className: "lane-track", ariaHidden: "true" }, fill);
  const title = element("span", { className: "lane-name", title: name }, name);
  return element("li", {}, title, " ", element("span", { className: "lane-value" }, percent(share)), track);
}
