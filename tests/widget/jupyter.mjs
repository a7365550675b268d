// A real JupyterLab with a notebook in Chromium: what a person would do, and what goes from the page to the kernel.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { NO_WEBGPU, launch } from "../web/browser.mjs";
import { emptyFolder } from "../web/pictures.mjs";

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {{cell_type: string, execution_count?: number | null, source: string[] | string, outputs?: {output_type: string, text?: string[] | string, ename?: string, evalue?: string}[]}} Cell */

/** The environment with JupyterLab and the wheel; build/checks.sh makes it. */
export const PYTHON = process.env.HEADSTART_WIDGET_PYTHON ?? "";
const PATIENCE_MS = 5 * 60 * 1000;
/** How PNG, JPEG and WebP begin; the first also as base64. */
const PICTURES = ["\x89PNG\r\n", "\xff\xd8\xff", "WEBPVP8", "iVBORw0KGgo"].map((mark) => Buffer.from(mark, "latin1"));

/** JupyterLab on an empty folder, and a browser. @param {TestContext} t */
export async function openJupyter(t) {
  const folder = await emptyFolder(t);
  const token = "token";
  const flags = ["--no-browser", "--ServerApp.port=0", `--IdentityProvider.token=${token}`, "--LabApp.expose_app_in_browser=True", "--allow-root"];
  const env = { ...process.env, JUPYTER_CONFIG_DIR: join(folder, ".config"), JUPYTER_RUNTIME_DIR: join(folder, ".runtime"), IPYTHONDIR: join(folder, ".ipython") };
  const server = spawn(PYTHON, ["-m", "jupyterlab", ...flags], { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  t.after(() => server.kill("SIGINT"));
  t.after(() => server.kill("SIGTERM"));
  const url = await addressOf(server);
  const browser = await launch(NO_WEBGPU);
  t.after(() => browser.close());
  return { folder, url, token, browser };
}

/** @param {import("node:child_process").ChildProcess} server @returns {Promise<string>} */
function addressOf(server) {
  return new Promise((resolve, reject) => {
    let said = "";
    server.stderr?.on("data", (data) => {
      said += data;
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said);
      if (found) resolve(found[0]);
    });
    server.on("exit", (status) => reject(new Error(`JupyterLab ended with ${status}: ${said}`)));
  });
}

/** Opens a notebook that is copied, or made of cells. @param {TestContext} t @param {Awaited<ReturnType<typeof openJupyter>>} jupyter @param {string | string[]} notebook */
export async function openNotebook(t, { folder, url, token, browser }, notebook) {
  const name = typeof notebook === "string" ? basename(notebook) : `cells-${Date.now()}.ipynb`;
  if (typeof notebook === "string") await copyFile(notebook, join(folder, name));
  else await writeFile(join(folder, name), JSON.stringify(notebookOf(notebook)));
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 1000 } })).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  t.after(() => page.close());
  const sent = listen(page);
  await page.goto(`${url}lab/tree/${name}?token=${token}&reset`);
  await page.waitForFunction(() => {
    const { jupyterapp } = /** @type {any} */ (globalThis);
    return jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel?.status === "idle";
  });
  return { page, sent, path: join(folder, name) };
}

/** Bytes that go to kernels, and whether a picture is among them. @param {Page} page */
function listen(page) {
  const sent = { bytes: 0, messages: 0, pictures: 0 };
  page.on("websocket", (socket) => {
    if (!socket.url().includes("/api/kernels/")) return;
    socket.on("framesent", ({ payload }) => {
      const bytes = Buffer.from(payload);
      sent.bytes += bytes.length;
      sent.messages += 1;
      if (PICTURES.some((mark) => bytes.includes(mark))) sent.pictures += 1;
    });
  });
  return sent;
}

/** Run > Run All Cells; then the notebook as it was saved. @param {{page: Page, path: string}} notebook @returns {Promise<Cell[]>} */
export async function runAll({ page, path }) {
  await page.evaluate(async () => {
    const { jupyterapp } = /** @type {any} */ (globalThis);
    await jupyterapp.commands.execute("notebook:run-all-cells");
    await jupyterapp.shell.currentWidget.context.save();
  });
  return JSON.parse(await readFile(path, "utf8")).cells;
}

/** What the code cells printed; an error of one is the test's. @param {Cell[]} cells */
export function printed(cells) {
  const outputs = cells.flatMap(({ outputs = [] }) => outputs);
  const failed = outputs.find(({ output_type }) => output_type === "error");
  assert.equal(failed, undefined, `${failed?.ename}: ${failed?.evalue}`);
  return outputs.map(({ text = "" }) => [text].flat().join("")).join("");
}

/** @param {string[]} cells */
function notebookOf(cells) {
  const metadata = { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } };
  const all = cells.map((source, at) => ({ cell_type: "code", id: `cell-${at}`, metadata: {}, execution_count: null, outputs: [], source }));
  return { nbformat: 4, nbformat_minor: 5, metadata, cells: all };
}
