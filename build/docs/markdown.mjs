// Markdown to HTML: headings that can be linked to, tables that scroll, links between files that become links between pages.
import { Marked } from "marked";

/** @param {string} text */
export const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** As GitHub makes it, so that a link works there, too. @param {string} heading without markup */
export const slug = (heading) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-");

/** @param {string} html */
export const textOf = (html) => html.replaceAll(/<[^>]+>/g, "").replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** @param {string} source @param {(href: string) => string} target where a link of this file leads on the site @returns {string} */
export function htmlFrom(source, target) {
  const seen = new Map();
  let section = "";
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth }) {
        const html = this.parser.parseInline(tokens);
        section = textOf(html);
        const name = slug(section);
        const count = seen.get(name) ?? 0;
        seen.set(name, count + 1);
        const id = count === 0 ? name : `${name}-${count}`;
        return depth === 1 ? `<h1 id="${id}">${html}</h1>\n` : `<h${depth} id="${id}"><a href="#${id}">${html}</a></h${depth}>\n`;
      },
      link({ href, tokens }) {
        return `<a href="${escaped(target(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
      image({ href, text }) {
        return `<img src="${escaped(target(href))}" alt="${escaped(text)}" loading="lazy">`;
      },
      code({ text }) {
        return `<pre tabindex="0"><code>${escaped(text)}\n</code></pre>\n`;
      },
      table({ header, rows }) {
        const cell = (/** @type {{tokens: import("marked").Token[]}} */ { tokens }, /** @type {string} */ name) => `<${name}>${this.parser.parseInline(tokens)}</${name}>`;
        const line = (/** @type {import("marked").Tokens.TableCell[]} */ cells, /** @type {boolean} */ isHead) => `<tr>${cells.map((one) => cell(one, isHead && one.text !== "" ? "th" : "td")).join("")}</tr>`;
        const head = header.some(({ text }) => text !== "") ? `<thead>${line(header, true)}</thead>` : "";
        const label = escaped(section ? `Table: ${section}` : "Table");
        return `<div class="scroller" tabindex="0" role="group" aria-label="${label}"><table>${head}<tbody>${rows.map((row) => line(row, false)).join("\n")}</tbody></table></div>\n`;
      },
    },
  });
  return /** @type {string} */ (marked.parse(source));
}
