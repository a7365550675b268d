// A page of the docs around its text: the same policy as the page of the trainer, its tokens, and a navigation.
import { escaped, textOf } from "./markdown.mjs";
import { GROUPS } from "./pages.mjs";

const LONGEST_DESCRIPTION = 200;

/** @param {{page: import("./pages.mjs").Page, html: string, policy: string}} parts */
export function pageFrom({ page, html, policy }) {
  const title = textOf(/<h1[^>]*>(.*?)<\/h1>/.exec(html)?.[1] ?? page.title);
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <title>${escaped(title === "headstart" ? page.title : title)} · headstart docs</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="description" content="${escaped(description(html))}">
  <meta name="color-scheme" content="light dark">
  <link rel="icon" href="../icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="../style.css"><link rel="stylesheet" href="docs.css">
</head>
<body class="docs">
  <a class="skip" href="#text">To the text</a>
  <header class="docs-head"><a class="docs-brand" href="../"><img src="../icon.svg" alt="" width="32" height="32"> headstart</a> <a href="index.html">Documentation</a></header>
  <div class="docs-columns">
    <nav class="docs-pages" aria-label="Pages">
      <details id="pages" open>
        <summary>All pages</summary>
${navigation(page, html)}
      </details>
      <script src="docs.js"></script>
    </nav>
    <main class="docs-text" id="text" tabindex="-1">
${html}
    </main>
  </div>
  <footer class="foot"><p>Made from the Markdown of this version's source. <a href="notices.html">Licences and credits</a></p></footer>
</body>
</html>
`;
}

/** The first paragraph, to the end of a sentence. @param {string} html */
function description(html) {
  const text = textOf(/<p>([^]*?)<\/p>/.exec(html)?.[1] ?? "").replaceAll(/\s+/g, " ").trim();
  const sentences = text.split(/(?<=[.?]) /);
  let told = sentences[0];
  for (const sentence of sentences.slice(1)) {
    if (told.length + sentence.length >= LONGEST_DESCRIPTION) break;
    told += ` ${sentence}`;
  }
  return told;
}

/** Every page by group; under the one that is open, its sections. @param {import("./pages.mjs").Page} open @param {string} html */
function navigation(open, html) {
  const sections = [...html.matchAll(/<h2 id="([^"]+)">(.*?)<\/h2>/g)].map(([, id, name]) => `<li><a href="#${id}">${escaped(textOf(name))}</a></li>`);
  const inside = sections.length > 0 ? `<ul class="docs-sections">${sections.join("")}</ul>` : "";
  const item = (/** @type {import("./pages.mjs").Page} */ page) =>
    page === open ? `<li><a href="${page.page}" aria-current="page">${page.title}</a>${inside}</li>` : `<li><a href="${page.page}">${page.title}</a></li>`;
  return GROUPS.map(([name, pages]) => `        <p class="docs-group">${name}</p>\n        <ul>${pages.map(item).join("\n          ")}</ul>`).join("\n");
}
