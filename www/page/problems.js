// What went wrong or should be known, each with what can be done about it. A code decides the action, never the text.

import { byId, element } from "./elements.js";
import { words } from "./language.js";
import { change, state } from "./state.js";
import { translated } from "./translate.js";

/** @typedef {import("./state.js").Problem} Problem */

/**
 * Shows a problem; one with the same key takes its place.
 * @param {string} key
 * @param {string} message
 * @param {{tone?: "error" | "notice", actions?: Problem["actions"]}} [more]
 */
export function report(key, message, { tone = "error", actions = [] } = {}) {
  change((s) => {
    const others = s.problems.filter((problem) => problem.key !== key);
    s.problems = [...others, { key, tone, message, actions }].slice(-4);
  });
}

/** @param {...string} keys */
export function dismiss(...keys) {
  if (!state.problems.some((problem) => keys.includes(problem.key))) return;
  change((s) => (s.problems = s.problems.filter((problem) => !keys.includes(problem.key))));
}

/** @param {unknown} error @returns {{code: string, message: string}} */
export function described(error) {
  const message = error instanceof Error && error.message ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "unexpected";
  if (code === "unexpected") console.error(error);
  return { code, message: translated(message) };
}

/** True where work ended because the page ended it. @param {unknown} error */
export const isAbort = (error) =>
  error instanceof Error && (error.name === "AbortError" || ("code" in error && (error.code === "aborted" || error.code === "closed")));

const broken = new Set(["crashed", "worker-failed", "no-device", "weights-missing", "weights-altered", "weights-invalid"]);

/** True where only a new trainer helps. @param {string} code */
export const needsRestart = (code) => broken.has(code);

/** @type {Problem[]} */
let drawn = [];

/** @param {import("./state.js").State} state */
export function drawProblems({ problems }) {
  if (problems === drawn) return;
  const known = new Set(drawn.map((problem) => problem.key + problem.message));
  drawn = problems;
  const errors = byId("errors", HTMLElement);
  const notices = byId("notices", HTMLElement);
  errors.replaceChildren(...problems.filter(({ tone }) => tone === "error").map(alertBox));
  notices.replaceChildren(...problems.filter(({ tone }) => tone === "notice").map(alertBox));
  if (problems.some((problem) => !known.has(problem.key + problem.message))) {
    errors.closest("section")?.scrollIntoView({ block: "nearest" });
  }
}

/** @param {Problem} problem */
function alertBox({ key, tone, message, actions }) {
  const buttons = actions.map(({ name, run }) => {
    const button = element("button", { type: "button", className: "button small" }, name);
    button.addEventListener("click", () => {
      dismiss(key);
      run();
    });
    return button;
  });
  const close = element("button", { type: "button", className: "button small quiet" }, words.problems.dismiss);
  close.addEventListener("click", () => dismiss(key));
  const row = element("div", { className: "actions" }, ...buttons, close);
  return element("div", { className: `alert ${tone}` }, element("p", { className: "wrap" }, message), row);
}
