// Elements by a call each, and what is dropped as files.

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {Record<string, string>} [attributes] @param {...(Node | string)} children @returns {HTMLElementTagNameMap[T]} */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button that opens the choice of files. @param {string} text @param {Record<string, string>} attributes @param {(files: File[]) => void} onFiles */
export function fileButton(text, attributes, onFiles) {
  const input = make("input", { type: "file", hidden: "", accept: "image/*", ...attributes });
  const button = make("button", { type: "button" }, text);
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    onFiles([...(input.files ?? [])]);
    input.value = "";
  });
  return { input, button };
}

/** What is dropped, folders opened, each file with the folder that it lies in. @param {DataTransfer} transfer @returns {Promise<{file: File, folder: string}[]>} */
export async function filesDropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return (await Promise.all(entries.map((entry) => filesIn(entry, "")))).flat();
}

/** @param {FileSystemEntry} entry @param {string} folder @returns {Promise<{file: File, folder: string}[]>} */
async function filesIn(entry, folder) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    return [{ file, folder }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break; // a browser gives a hundred at a time
    for (const inner of some) found.push(...(await filesIn(inner, entry.name)));
  }
  return found;
}

/** 87.3 %. @param {number} share */
export const percent = (share) => `${(100 * share).toFixed(1)} %`;
