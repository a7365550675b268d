// The page's words: both languages complete, and the page in each.
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { translator } from "../../www/page/translate.js";
import { blank, said } from "./library_texts.mjs";
import { emptyFolder, pattern } from "./pictures.mjs";
import { addFolder, drawn, openPage, waitForState } from "./site.mjs";

const read = async (/** @type {string} */ path) => readFile(new URL(`../../www/${path}`, import.meta.url), "utf8");
const [en, zh] = (await Promise.all(["words/en.json", "words/zh.json"].map(read))).map((text) => JSON.parse(text));
const html = await read("index.html");

/** Each text with its key: "page.title". @param {object} part @param {string} [under] @returns {[string, string][]} */
const texts = (part, under = "") => Object.entries(part).flatMap(([name, value]) => (typeof value === "string" ? [[under + name, value]] : texts(value, `${under}${name}.`)));
/** @param {string} text */
const placeholders = (text) => [...new Set(text.match(/\{\w+\}/g))].sort().join(" ");
const ours = (/** @type {[string, string][]} */ all) => new Map(all.filter(([key]) => !key.startsWith("core.")));

test("Chinese says all that English says, with the same values", () => {
  const [english, chinese] = [ours(texts(en)), ours(texts(zh))];
  assert.deepEqual([...chinese.keys()].sort(), [...english.keys()].sort());
  const differ = [...english].filter(([key, text]) => !/\.(one|other)$/.test(key) && placeholders(text) !== placeholders(chinese.get(key) ?? ""));
  assert.deepEqual(differ.map(([key]) => key), []);
  for (const [template, text] of Object.entries(zh.core)) assert.equal(placeholders(text), placeholders(template), template);
});

test("index.html asks only for words that there are", () => {
  const known = new Set(texts(en).map(([key]) => key));
  const asked = [...html.matchAll(/ data-words(?:-[a-z-]+)?="([^"]+)"/g)].map(([, key]) => key ?? "");
  assert.deepEqual(asked.filter((key) => !known.has(key)), []);
});

test("the page follows the browser's language, and can be switched for good", async (t) => {
  const { page, assertQuiet } = await openPage(t, { locale: "zh-CN", webgpu: false });
  await page.getByText(zh.page.tagline).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByText(en.page.tagline).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  await page.reload();
  await page.getByText(en.page.tagline).waitFor();
  const shares = await page.evaluate(async () => {
    const { percent } = await import(new URL("page/words.js", location.href).href);
    return [0, 1e-9, 0.0004, 0.0006, 0.873, 0.99999, 1, NaN].map(percent);
  });
  assert.deepEqual(shares, ["0 %", "<0.1 %", "<0.1 %", "0.1 %", "87.3 %", "99.9 %", "100 %", "–"]);
  assertQuiet();
});

/** Names that are the same in every language. */
const NAMES = ["CC BY-NC-SA 4.0", "Teachable Machine", "VGG CC BY 4.0; MobileNetV2 Apache-2.0", "ResNet-50, torchvision", "VGG-16, torchvision", "VGG-19, torchvision", "EfficientNet-Lite1, timm"];

/** What can be seen or heard on the page and has two English words in a row, but for names and program text. @param {import("playwright-core").Page} page */
const englishOn = (page) => page.evaluate((names) => {
  const found = new Set();
  const look = (/** @type {string} */ text) => {
    const rest = names.reduce((left, name) => left.replaceAll(name, ""), text);
    if (/[A-Za-z]{2,}[\s,:;]+[A-Za-z]{2,}/.test(rest)) found.add(text.trim());
  };
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    if (node.parentElement?.checkVisibility() && !node.parentElement.closest("code, pre, output")) look(node.nodeValue ?? "");
  }
  for (const element of document.querySelectorAll("body, body *")) {
    if (element.checkVisibility()) for (const name of ["aria-label", "placeholder", "title", "alt"]) look(element.getAttribute(name) ?? "");
  }
  look(document.title);
  return [...found];
}, NAMES);

/** Opens all that is folded. @param {import("playwright-core").Page} page */
async function unfold(page) {
  await page.evaluate(() => document.querySelectorAll("main details").forEach((fold) => fold.setAttribute("open", "")));
  await drawn(page);
}

test("nothing is left in English on a Chinese page: options, results, predictions, the lab", async (t) => {
  const folder = await emptyFolder(t);
  for (const label of ["rings", "stripes"]) {
    await mkdir(join(folder, label));
    for (let n = 0; n < 10; n++) await writeFile(join(folder, label, `${label}-${n}.png`), pattern(label, n, 1));
  }
  const { page, assertQuiet } = await openPage(t, { path: "?device=cpu&epochs=2", locale: "zh-CN", webgpu: false });
  await waitForState(page, "ready");
  await unfold(page);
  assert.deepEqual(await englishOn(page), [], "before the first image");
  await addFolder(page, folder);
  await page.getByTestId("train").click();
  await waitForState(page, "trained");
  await unfold(page);
  assert.deepEqual(await englishOn(page), [], "after training");
  const pictures = [0, 1].map((n) => ({ name: `new-${n}.png`, mimeType: "image/png", buffer: pattern("rings", 20 + n) }));
  await page.getByTestId("predict-input").setInputFiles(pictures[0]);
  await page.getByTestId("prediction").getByText("rings").waitFor();
  await page.getByTestId("predict-input").setInputFiles(pictures);
  await page.getByText("new-1.png").first().waitFor();
  await waitForState(page, "trained");
  await drawn(page);
  assert.deepEqual(await englishOn(page), [], "after predictions");
  await page.locator("#gallery li[data-image]").first().click();
  await drawn(page);
  assert.deepEqual(await englishOn(page), [], "an image large");
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: zh.index.viewLab }).click();
  await page.getByText(zh.lab_lesson.puzzle.title).waitFor();
  await unfold(page);
  assert.deepEqual(await englishOn(page), [], "the lab");
  assertQuiet();
});

test("each sentence of the library has its Chinese", async () => {
  const templates = new Set(Object.keys(zh.core).map(blank));
  const isKnown = (/** @type {import("./library_texts.mjs").Said} */ { text, isPart }) =>
    templates.has(blank(text)) || (isPart && [...templates].some((template) => template.includes(blank(text))));
  const found = await said();
  assert.ok(found.length > 250, `${found.length} sentences were found, so that the sources are not read rightly`);
  for (const text of ["“{file}” is not an image. Choose a JPEG, PNG, WebP, GIF or BMP file.", "it is no JPEG inside", "training", "headstart is not open yet."]) {
    assert.ok(found.some((one) => one.text === text), `not found: ${text}`);
  }
  assert.deepEqual(found.filter((one) => !isKnown(one)).map(({ file, text }) => `${file}: ${text}`), []);
});

test("what the library says is translated with its values and its parts, and names stay", () => {
  assert.deepEqual(en.core, {}, "the library speaks English");
  const same = translator(Object.fromEntries(Object.keys(zh.core).map((template) => [template, template])));
  const chinese = translator(zh.core);
  for (const [template, text] of Object.entries(zh.core)) {
    assert.match(text, /\p{Script=Han}|^\{value\}%$/u, template);
    const filled = (/** @type {string} */ one) => one.replaceAll(/\{(\w+)\}/g, "‹$1›");
    assert.equal(same(filled(template)), filled(template));
    assert.equal(chinese(filled(template)), filled(text), template);
  }
  assert.equal(chinese("“training” is damaged (its width or height is 0). Copy or download it again, or save it anew as JPEG or PNG."),
    "“training”已损坏（宽度或高度为 0）。请重新复制或下载，或者另存为 JPEG 或 PNG。");
  assert.equal(chinese("CPU, because WebGPU failed (The graphics device can't be used (nothing came back). Go on with the CPU, or reload the page)."),
    "CPU，原因：WebGPU 失败（无法使用图形设备（没有返回任何数据）。请改用 CPU 继续，或重新加载页面）。");
  assert.equal(chinese("No policy stands out on these images: validation ends between 87.5 % and 90.0 %."), "在这些图片上，没有哪种策略特别突出：验证准确率最终在 87.5% 到 90.0% 之间。");
  assert.equal(chinese("a sentence of nobody"), "a sentence of nobody");
});
