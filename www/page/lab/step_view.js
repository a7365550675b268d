// One step of the lesson: its text, the guess, the button that shows, and what was found.

import { element, setText } from "../elements.js";
import { lane } from "../lane.js";
import { words } from "../language.js";
import { change } from "../state.js";
import { RunCurves } from "./run_curves.js";
import { lastRun, newestRun } from "./runs.js";

/** @typedef {import("./lesson.js").Step} Step */
/** @typedef {import("./runs.js").Wanted} Wanted */

/** What to write in Keras and in PyTorch. */
const CODE = `# Keras
features = base(images, training=False)

# PyTorch, after each model.train()
backbone.eval()`;

export class StepView {
  isAnswered = false;

  /** @param {Step} step @param {(wanted: Wanted[]) => void} start */
  constructor(step, start) {
    this.step = step;
    this.choices = step.choices.map((text, at) => {
      const input = element("input", { type: "radio", name: `guess-${step.id}`, value: String(at) });
      input.addEventListener("change", () => change((s) => (s.lab.guesses = { ...s.lab.guesses, [step.id]: at })));
      return { input, root: element("label", { className: "choice" }, input, element("span", {}, text)) };
    });
    this.button = element("button", { type: "button", className: "button primary" }, step.button);
    this.button.dataset.testid = `lesson-${step.id}`;
    this.button.addEventListener("click", () => this.show(start));
    this.answer = element("div", { className: "answer", ariaLive: "polite" });
    this.curves = new RunCurves(element("div", { className: "curves step-curves" }));
    this.code = step.shows === "code" ? element("pre", { className: "code", tabIndex: 0 }, element("code", {}, CODE)) : null;
    const legend = element("legend", {}, step.question);
    this.fieldset = element("fieldset", { className: "guess" }, legend, ...this.choices.map((choice) => choice.root));
    const texts = step.text.map((text) => element("p", {}, text));
    const story = [element("h3", {}, step.title), ...texts, ...(step.bars ? [bars(step.bars)] : [])];
    this.root = element("li", { className: "step" }, ...story, this.fieldset, this.button, this.curves.root, this.answer, ...(this.code ? [this.code] : []));
  }

  /** Starts what has not been run on these images yet; then the answer follows by itself. @param {(wanted: Wanted[]) => void} start */
  show(start) {
    change((s) => (s.lab.shown = { ...s.lab.shown, [this.step.id]: true }));
    const missing = this.step.runs.filter((wanted) => !lastRun(wanted));
    if (missing.length > 0) start(missing);
  }

  /** @param {import("../state.js").State} state @param {boolean} isReady images and trainer are there, and no job runs */
  draw({ lab }, isReady) {
    const guess = lab.guesses[this.step.id] ?? null;
    const isShown = lab.shown[this.step.id] ?? false;
    const isMeasured = this.step.runs.every((wanted) => lastRun(wanted));
    this.choices.forEach(({ input }, at) => (input.checked = at === guess));
    // A guess is made before the answer is seen.
    this.fieldset.disabled = isShown && isMeasured;
    this.button.hidden = isShown && isMeasured;
    this.button.disabled = guess === null || (!isMeasured && !isReady);
    this.button.title = guess === null ? words.lab_step_view.guessFirst : "";
    this.isAnswered = isShown && isMeasured;
    const isDrawn = isShown && this.step.shows !== "inside";
    const runs = isDrawn ? [...this.step.runs, ...(this.step.beside ?? [])].flatMap((wanted) => newestRun(wanted) ?? []) : [];
    this.curves.root.hidden = runs.length === 0;
    this.curves.draw(runs);
    const sentences = this.isAnswered ? this.step.answer(guess) : [];
    setTexts(this.answer, sentences);
    if (this.code) this.code.hidden = !this.isAnswered;
    this.root.classList.toggle("answered", this.isAnswered);
  }
}

/** Validation accuracies of the story. @param {{name: string, share: number}[]} figures */
function bars(figures) {
  const rows = figures.map(({ name, share }) => lane(name, share));
  return element("ul", { className: "story-bars", ariaLabel: words.lab_step_view.bars }, ...rows);
}

/** @param {HTMLElement} root @param {string[]} sentences */
function setTexts(root, sentences) {
  while (root.children.length > sentences.length) root.lastElementChild?.remove();
  while (root.children.length < sentences.length) root.append(element("p"));
  sentences.forEach((text, at) => setText(root.children[at], text.replaceAll(" %", "\u00a0%")));
}
