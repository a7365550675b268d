// Changes to what is here: images leave or get another class, classes another name. The trainer first, then the page. Does not
// remember them: edits.js does.

import { forgetItems, itemOfImage } from "./adding.js";
import { takeLook } from "./class_colours.js";
import { currentTrainer, idle, showFailure } from "./session.js";
import { change, classNamed, state } from "./state.js";

/** @typedef {import("./state.js").Image} Image */

/** Each gives true where it was done. @param {Image[]} images */
export async function removeImages(images) {
  const ids = new Set(images.map((image) => image.id));
  try {
    await currentTrainer()?.removeImages([...ids]);
  } catch (error) {
    return failed(error);
  }
  forgetItems(ids);
  change((s) => {
    for (const label of new Set(images.map((image) => image.label))) {
      const group = s.classes.get(label);
      if (!group) continue;
      group.images = group.images.filter((image) => !ids.has(image.id));
      group.version++;
      if (group.images.length + group.expected === 0) s.classes.delete(label);
    }
    s.stale = s.report !== null;
  });
  idle();
  return true;
}

/** Gives images another class, which is made where there is none. @param {Image[]} images @param {string} label */
export async function relabelImages(images, label) {
  const trainer = currentTrainer();
  const moving = new Set(images.filter((image) => image.label !== label));
  try {
    await Promise.all([...moving].map(({ id }) => trainer?.relabel(id, label)));
  } catch (error) {
    return failed(error);
  }
  change((s) => {
    const before = new Set([...moving].map((image) => image.label));
    for (const image of moving) {
      const item = itemOfImage(image.id);
      if (item) item.label = label;
      image.label = label;
    }
    for (const group of [...before].map((from) => s.classes.get(from))) {
      if (!group) continue;
      group.images = group.images.filter((image) => !moving.has(image));
      group.version++;
      if (group.images.length + group.expected === 0) s.classes.delete(group.label);
    }
    const to = classNamed(s, label);
    to.images = [...to.images, ...moving].sort((a, b) => a.id - b.id);
    to.version++;
    s.stale = s.report !== null;
  });
  idle();
  return true;
}

/** Gives a class another name; images go over where that name is taken. @param {string} from @param {string} to */
export async function renameClass(from, to) {
  try {
    await currentTrainer()?.renameClass(from, to);
  } catch (error) {
    return failed(error);
  }
  if (!state.classes.has(to)) takeLook(from, to);
  change((s) => {
    const merges = s.classes.has(to);
    const moved = s.classes.get(from)?.images ?? [];
    for (const image of moved) {
      const item = itemOfImage(image.id);
      if (item) item.label = to;
      image.label = to;
    }
    const entries = [...s.classes].filter(([label]) => !(merges && label === from));
    s.classes = new Map(entries.map(([label, group]) => [label === from ? to : label, group]));
    const group = classNamed(s, to);
    group.label = to;
    if (merges) group.images = [...group.images, ...moved].sort((a, b) => a.id - b.id);
    group.version++;
    if (s.report && merges) s.stale = true;
    else if (s.report) s.report = relabelled(s.report, from, to);
  });
  idle();
  return true;
}

/** @param {unknown} error */
function failed(error) {
  showFailure(error);
  return false;
}

/** @param {import("./state.js").Report} report @param {string} from @param {string} to @returns {import("./state.js").Report} */
function relabelled(report, from, to) {
  const now = (/** @type {string} */ label) => (label === from ? to : label);
  const perClass = report.perClass.map((figures) => ({ ...figures, label: now(figures.label) }));
  const images = report.images.map((image) => ({ ...image, label: now(image.label), predicted: now(image.predicted) }));
  return { ...report, perClass, images, labels: report.labels.map(now) };
}
