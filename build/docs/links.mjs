// Links between files of the repository as links between pages, and which of them lead nowhere.
import { basename, posix } from "node:path";
import { ELSEWHERE, FILES, PAGES } from "./pages.mjs";

const FOREIGN = /^(https?:|mailto:)/;

/** Where a link of a Markdown file leads on the site. `file`: in the repository, where it has to be copied.
 * @param {string} href @param {string} source the Markdown's path @returns {{href: string, file?: string, fault?: string}}
 */
export function targetOf(href, source) {
  if (FOREIGN.test(href) || href.startsWith("#")) return { href };
  const [path, anchor] = href.split("#");
  const file = posix.join(posix.dirname(source), path);
  const page = PAGES.find((one) => one.source === file)?.page ?? ELSEWHERE[file];
  if (page) return { href: anchor ? `${page}#${anchor}` : page };
  if (FILES.test(file)) return { href: `files/${basename(file)}`, file };
  return { href, fault: `${source}: ${href} leads to no page` };
}

/** Links of pages to pages and headings that are not there. @param {Map<string, string>} pages their HTML by name @returns {string[]} */
export function brokenLinks(pages) {
  const ids = new Map([...pages].map(([name, html]) => [name, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]));
  return [...pages].flatMap(([page, html]) => [...html.matchAll(/<a\b[^>]* href="([^"]*)"/g)].flatMap(([, href]) => {
    if (FOREIGN.test(href) || /^(\.\.\/|files\/)/.test(href)) return [];
    const [name, anchor] = href.split("#");
    const there = ids.get(name || page);
    if (!there) return [`${page}: there is no page ${name}`];
    return anchor && !there.has(anchor) ? [`${page}: ${name || page} has no heading #${anchor}`] : [];
  }));
}
