// The curves of all lab runs on the same axes: validation solid, training dashed, a colour for each policy.

import { plots } from "../curves.js";
import { colour, element } from "../elements.js";
import { words } from "../language.js";
import { linePlot } from "../line_plot.js";
import { fill } from "../words.js";

/** @typedef {import("./runs.js").LabRun} LabRun */

export class RunCurves {
  /** Names of the runs that the plots have lines for. */
  #lines = "";
  /** Epochs that are drawn, run by run. */
  #drawn = "";
  /** @type {LabRun[]} */
  #runs = [];
  /** @type {{end: () => void, show: () => void}[]} */
  #plots = [];

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  /** @param {LabRun[]} runs */
  draw(runs) {
    this.#runs = runs;
    const lines = runs.map((run) => `${run.name} ${run.policy}`).join("\n");
    const drawn = runs.map((run) => `${run.id} ${run.history.length}`).join("\n");
    if (lines === this.#lines && drawn === this.#drawn) return;
    if (lines !== this.#lines) this.#make();
    this.#lines = lines;
    this.#drawn = drawn;
    this.#plots.forEach((plot) => plot.show());
  }

  #make() {
    this.#plots.forEach((plot) => plot.end());
    this.root.replaceChildren();
    this.#plots = this.#runs.length === 0 ? [] : plots.map((plot) => this.#plot(plot));
  }

  /** @param {import("../curves.js").Plot} plot */
  #plot(plot) {
    const holder = element("div", { className: "curve-plot" });
    this.root.append(element("figure", { className: "curve" }, element("figcaption", {}, plot.title), holder));
    const lines = this.#runs.flatMap(({ name, policy }) => {
      const stroke = () => colour(holder, `--${policy}`);
      return [
        { label: fill(words.lab_run_curves.training, { name }), stroke, dash: [4, 4], width: 1.5, points: { show: false } },
        { label: name, stroke, points: { show: false } },
      ];
    });
    const epochs = () => Math.max(2, ...this.#runs.map((run) => run.planned));
    const { chart, end } = linePlot(holder, { measure: plot, lines, epochs });
    const show = () => {
      const longest = Math.max(0, ...this.#runs.map((run) => run.history.length));
      const numbers = Array.from({ length: longest }, (_, at) => at + 1);
      const values = this.#runs.flatMap(({ history }) => [plot.training, plot.validation].map((measure) => history.map(measure)));
      chart.setData([numbers, ...values.map((row) => [...row, ...Array(longest - row.length).fill(null)])]);
      chart.setLegend({ idx: longest - 1 }, false);
    };
    return { end, show };
  }
}
