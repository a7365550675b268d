// The list of projects: open, rename, duplicate, delete with undo; a project as a file, out and in.

import { ask } from "./dialogs.js";
import { byId, element } from "./elements.js";
import { openProject } from "./keeping.js";
import { words } from "./language.js";
import { report } from "./problems.js";
import { currentTrainer, showFailure } from "./session.js";
import { change, state } from "./state.js";
import { bytes, counted, day, fill, joined } from "./words.js";

const said = words.project_list;

/** @typedef {import("./state.js").ProjectEntry} ProjectEntry */

/** Runs something on the trainer; what fails is shown. @param {(trainer: import("./trainer.js").Trainer) => Promise<unknown>} work */
async function attempt(work) {
  const trainer = currentTrainer();
  if (!trainer) return;
  try {
    await work(trainer);
  } catch (error) {
    close();
    showFailure(error);
  }
}

const dialog = () => byId("projects-dialog", HTMLDialogElement);

const close = () => dialog().close();

const refresh = () => attempt(async (trainer) => {
  const projects = await trainer.projects.list();
  change((s) => (s.projects = projects));
});

async function show() {
  await refresh();
  if (state.projects) dialog().showModal();
}

/** @type {ProjectEntry[] | null} */
let drawn = null;

/** @param {import("./state.js").State} state */
export function drawProjects({ projects, job, gathering }) {
  byId("project-open", HTMLButtonElement).disabled = job !== null || gathering !== null;
  if (gathering !== null && dialog().open) close();
  if (projects === drawn || !projects) return;
  drawn = projects;
  byId("projects-list", HTMLElement).replaceChildren(...projects.map(row));
}

/** @param {ProjectEntry} project */
function row(project) {
  const { id, name, images, changed } = project;
  const isOpen = id === state.kept?.id;
  const about = joined(counted(images, words.nouns.image), bytes(project.bytes), day(changed), isOpen ? said.openNow : "");
  const title = element("p", { className: "wrap project-name" }, name);
  const hint = element("p", { className: "hint" }, about);
  const action = (/** @type {string} */ text, /** @type {() => void} */ run) =>
    Object.assign(button(text, "button small quiet", run), { ariaLabel: fill(said.actionOn, { action: text, name }) });
  const actions = element("div", { className: "actions" },
    ...(isOpen ? [] : [action(said.open, () => open(project))]),
    action(said.rename, () => void rename(project)),
    action(said.duplicate, () => void duplicate(project)),
    action(said.delete, () => void remove(project)));
  return element("li", { className: isOpen ? "project-row current" : "project-row" }, title, hint, actions);
}

/** @param {{id: string, name: string}} project */
function open({ id, name }) {
  close();
  openProject({ id, name });
}

/** @param {string} title @param {string} yes @param {string} input */
const askName = (title, yes, input) => ask({ title, text: "", yes, input, field: said.nameField });

/** @param {ProjectEntry} project */
async function rename({ id, name }) {
  const wanted = await askName(said.renameTitle, said.rename, name);
  if (!wanted || wanted === name) return;
  await attempt((trainer) => trainer.projects.rename(id, wanted));
  if (id === state.kept?.id) change((s) => s.kept && (s.kept = { ...s.kept, name: wanted }));
  change((s) => (s.projects = s.projects?.map((entry) => (entry.id === id ? { ...entry, name: wanted } : entry)) ?? null));
}

/** @param {ProjectEntry} project */
async function duplicate({ id, name }) {
  await attempt((trainer) => trainer.projects.duplicate(id, fill(said.copyName, { name })));
  await refresh();
}

/** @param {ProjectEntry} project */
async function remove({ id, name }) {
  await attempt((trainer) => trainer.projects.remove(id));
  const undo = () => void attempt(async (trainer) => {
    await trainer.projects.restore(id);
    open({ id, name });
  });
  report("deleted", fill(said.deleted, { name }), { tone: "notice", actions: [{ name: said.undo, run: undo }] });
  if (id !== state.kept?.id) return refresh();
  close();
  openProject({ recent: true, name: words.projects.untitled });
}

async function create() {
  const name = await askName(said.new, said.create, "");
  if (!name) return;
  close();
  openProject({ name, fresh: true });
}

/** @param {boolean} images */
async function saveFile(images) {
  await attempt(async (trainer) => {
    const href = URL.createObjectURL(await trainer.export("project", { images }));
    element("a", { href, download: `${state.kept?.name ?? "project"}.headstart` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  });
}

/** @param {File} file */
const takeFile = (file) => attempt(async (trainer) => open(await trainer.projects.import(file)));

/** Makes the masthead's line and the dialog. */
export function wireProjects() {
  const opener = testable("projects", button("", "link", () => void show()));
  Object.assign(opener, { id: "project-open", ariaHasPopup: "dialog" });
  const status = testable("kept", element("span", { className: "project-status", id: "project-status" }));
  byId("device", HTMLElement).after(testable("project", element("p", { className: "project", id: "project", hidden: true }, opener, " ", status)));
  document.body.append(projectsDialog());
  dialog().addEventListener("close", () => change((s) => (s.projects = null)));
  dialog().addEventListener("click", (event) => event.target === dialog() && close());
}

function projectsDialog() {
  const input = testable("project-take", element("input", { className: "visually-hidden", type: "file", accept: ".headstart" }));
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) void takeFile(file).then(() => (input.value = ""));
  });
  const withImages = testable("project-file-images", element("input", { type: "checkbox", checked: true }));
  const made = element("dialog", { className: "dialog projects-dialog", id: "projects-dialog" },
    element("h3", { id: "projects-title" }, said.title),
    element("ul", { className: "projects", id: "projects-list" }),
    element("p", { className: "hint", id: "projects-space" }),
    element("div", { className: "actions" },
      testable("project-new", button(said.new, "button small", () => void create())),
      element("label", { className: "button small" }, input, said.openFile),
      testable("project-save", button(said.saveFile, "button small", () => void saveFile(withImages.checked))),
      element("label", { className: "check" }, withImages, said.withImages)),
    button(said.close, "button", close));
  made.setAttribute("aria-labelledby", "projects-title");
  return testable("project-list", made);
}

/** @param {string} text @param {string} className @param {() => void} run */
function button(text, className, run) {
  const made = element("button", { type: "button", className }, text);
  made.addEventListener("click", run);
  return made;
}

/** @template {HTMLElement} T @param {string} testid @param {T} made @returns {T} */
function testable(testid, made) {
  made.dataset.testid = testid;
  return made;
}
