// The page's words: both languages complete, and the page in each.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { openPage } from "./site.mjs";

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
  assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
  await page.getByText(zh.page.tagline).waitFor();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByText(en.page.tagline).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  await page.reload();
  await page.getByText(en.page.tagline).waitFor();
  assertQuiet();
});
