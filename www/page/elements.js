// Finding and making elements. Text goes in as text, never as markup.

/**
 * The element of index.html with this id. A wrong id or type is a mistake in index.html, and said at once.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} with the id ${id}.`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** @param {string} text @param {string} [className] */
export const cell = (text, className = "") => element("td", { className }, text);

/** @param {string} text @param {"row" | "col"} scope @param {string} [className] */
export const headCell = (text, scope, className = "") => element("th", { scope, className, title: text }, text);

/** What is wider than the page scrolls by itself, by keys too. @param {string} label for people who don't see it @param {HTMLElement} content */
export const scroller = (label, content) => element("div", { className: "scroller", role: "region", ariaLabel: label, tabIndex: 0 }, content);

/** Changes the text only where it differs, so that live regions stay quiet. @param {Element} target @param {string} text */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * A colour of the style sheets as the canvas needs it. Those that are asked for are registered there with `@property`, so
 * that their `light-dark()` is resolved.
 * @param {Element} target
 * @param {"--ink" | "--muted" | "--line" | "--tile" | "--accent" | "--on-accent" | "--miss" | `--map-${number}` | `--${import("../shared/lab.js").Policy}`} name
 */
export const colour = (target, name) => getComputedStyle(target).getPropertyValue(name);

/**
 * Lets files be dropped on `target`, which carries the class `over` meanwhile.
 * @param {HTMLElement} target
 * @param {(transfer: DataTransfer, event: DragEvent) => void} onDrop
 */
export function acceptDrops(target, onDrop) {
  let depth = 0;
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  const show = (/** @type {number} */ now) => target.classList.toggle("over", (depth = Math.max(0, now)) > 0);
  target.addEventListener("dragenter", (event) => hasFiles(event) && show(depth + 1));
  target.addEventListener("dragleave", (event) => hasFiles(event) && show(depth - 1));
  target.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  target.addEventListener("drop", (event) => {
    show(0);
    if (!event.dataTransfer || !hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    onDrop(event.dataTransfer, event);
  });
}
