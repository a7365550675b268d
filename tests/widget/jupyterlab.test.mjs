// The widget in a real JupyterLab: all three notebooks run to their end, metrics arrive in Python, and no picture reaches the kernel.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PYTHON, openJupyter, openNotebook, printed, runAll } from "./jupyter.mjs";

const NOTEBOOKS = fileURLToPath(new URL("../../widget/notebooks", import.meta.url));
/** Numbers, names and feature rows; the pictures of a notebook are 60 to 80 files of 90 kB. */
const MOST_BYTES = 1e6;
const SHOW = "from headstart_widget import *\ntrainer = Trainer(epochs=5, head='linear', workers=2)\ntrainer";

test("in JupyterLab", { skip: !PYTHON && "no HEADSTART_WIDGET_PYTHON: ./build.sh test sets it" }, async (t) => {
  const jupyter = await openJupyter(t);

  const notebooks = (await readdir(NOTEBOOKS)).filter((name) => name.endsWith(".ipynb")).sort();
  assert.equal(notebooks.length, 3);
  for (const name of notebooks) {
    await t.test(`${name} runs, and the kernel receives no picture`, async (t) => {
      const notebook = await openNotebook(t, jupyter, join(NOTEBOOKS, name));
      const cells = await runAll(notebook);
      printed(cells); // the last cell of code asserts what was learnt
      assert.ok(cells.every(({ cell_type, execution_count }) => cell_type !== "code" || execution_count), "all cells ran");
      assert.equal(notebook.sent.pictures, 0);
      assert.ok(notebook.sent.bytes < MOST_BYTES, `${notebook.sent.bytes} bytes to the kernel`);
      t.diagnostic(`${notebook.sent.bytes} bytes in ${notebook.sent.messages} messages to the kernel, none of a picture`);
    });
  }

  await t.test("by hand: pictures and Train in the cell, then the metrics in Python; pictures on request, and it says so", async (t) => {
    const notebook = await openNotebook(t, jupyter, [
      SHOW,
      "import asyncio, json\nwhile not trainer.state.get('report'):\n    await asyncio.sleep(0.1)\nprint(json.dumps({**trainer.metrics, 'pictures': int(trainer.classes.sum()), 'epochs': len(trainer.history), 'confusion': int(trainer.confusion.to_numpy().sum())}))",
      "pictures = await trainer.images()\nprint(len(pictures), pictures[0].bytes[:4])",
      "await trainer.fit(epochs=2, batch_sice=8)",
      "import matplotlib.pyplot as plt\nplt.figure()\nhistory = await trainer.fit(epochs=30)\nprint(plt.get_fignums())\nplt.plot(history['loss'])\nplt.show()",
    ]);
    const { page, sent } = notebook;
    await runCells(page, [0]);
    await page.getByRole("button", { name: "Example pictures" }).click();
    await page.getByTestId("classes").getByText("stripes: 20").waitFor();
    await page.getByTestId("train").click();
    await page.getByTestId("val-accuracy").waitFor();
    const shown = await page.getByTestId("val-accuracy").textContent();
    const told = JSON.parse(printed(await runCells(page, [1])));
    assert.deepEqual([told.pictures, told.epochs, told.confusion], [60, 5, told.validation]);
    assert.ok(shown?.startsWith(`${(100 * told.accuracy).toFixed(1)} % of ${told.validation}`), `${shown}`);
    assert.equal(sent.pictures, 0);
    assert.equal(await page.getByTestId("said").getByText("Sent to Python, which asked for them").count(), 0);
    assert.match(printed(await runCells(page, [2])), /^60 b'\\x89PNG'/);
    assert.ok(sent.pictures > 0, "the counter sees pictures where there are some");
    await page.getByTestId("said").getByText("Sent to Python, which asked for them: 60 pictures").waitFor();
    const [{ outputs }] = await runCells(page, [3]);
    assert.match(outputs?.[0].evalue ?? "", /batch_sice is no option of training. Did you mean batch_size/);
    assert.equal(printed(await runCells(page, [4])), "[1]\n", "a figure stays open while the cell that draws it awaits");
  });

  await t.test("what goes wrong is said: too early, one class, no such examples, Stop, a kernel that is gone", async (t) => {
    const { page } = await openNotebook(t, jupyter, [
      SHOW,
      "await trainer.fit()",
      "trainer.metrics",
      "await trainer.load_examples('cats')",
      "await trainer.load_examples(each=6)\nanswer = trainer.fit(epochs=100000, head='mlp')\nprint(answer)\nprint(len(await answer) < 5000)",
      "await trainer.fit()\nprint(trainer.history.index[-1])",
    ]);
    const faultOf = async (/** @type {number} */ cell) => {
      const [{ outputs = [] }] = await runCells(page, [cell]);
      const { ename, evalue } = outputs.find(({ output_type }) => output_type === "error") ?? {};
      return `${ename}: ${evalue}`;
    };
    await runCells(page, [0]);
    assert.match(await faultOf(1), /^BrowserError: Training needs 2 classes/);
    assert.match(await faultOf(2), /^NotYetError: Nothing is trained yet/);
    assert.match(await faultOf(3), /^BrowserError: There are no examples “cats”. There are: patterns, cells, bursts/);
    const stopped = runCells(page, [4]);
    await page.getByTestId("status").getByText(/^Epoch \d/).waitFor();
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    assert.equal(printed(await stopped), "<fit: under way; `await` gives the result>\nTrue\n", "a training that is stopped keeps its best epoch");
    assert.match(printed(await runCells(page, [5])), /^5\n/);
    await page.evaluate(() => /** @type {any} */ (globalThis).jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.restart());
    await page.getByTestId("train").click();
    await page.getByTestId("said").getByText("The kernel does not answer").waitFor();
    assert.match(await page.getByTestId("val-accuracy").textContent() ?? "", /validation pictures are right/, "the page trains on without it");
  });
});

/** Runs some cells, as Shift+Enter does, and gives them. @param {import("playwright-core").Page} page @param {number[]} numbers @returns {Promise<import("./jupyter.mjs").Cell[]>} */
function runCells(page, numbers) {
  return page.evaluate(async (numbers) => {
    const { commands, shell } = /** @type {any} */ (globalThis).jupyterapp;
    const { content } = shell.currentWidget;
    for (const number of numbers) {
      content.activeCellIndex = number;
      content.deselectAll();
      await commands.execute("notebook:run-cell");
    }
    return numbers.map((number) => content.widgets[number].model.toJSON());
  }, numbers);
}
