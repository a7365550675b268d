// Which Markdown becomes which page of the docs site, in the order of its navigation.

/** `source`: in the repository; `page`: in dist/docs. `title`: in the navigation.
 * @typedef {{source: string, page: string, title: string}} Page
 */

/** @type {[string, Page[]][]} */
export const GROUPS = [
  ["Start", [
    { source: "docs/quick-start.md", page: "index.html", title: "Quick start" },
    { source: "README.md", page: "overview.html", title: "What headstart is" },
    { source: "docs/how-it-works.md", page: "how-it-works.html", title: "How it works" },
  ]],
  ["Can it be trusted", [
    { source: "docs/honest-validation.md", page: "honest-validation.html", title: "Honest validation" },
    { source: "docs/verdict.md", page: "verdict.html", title: "The verdict's rules" },
    { source: "docs/insight.md", page: "insight.html", title: "Looking closer" },
    { source: "docs/numerics.md", page: "numerics.html", title: "Numerics" },
    { source: "docs/privacy.md", page: "privacy.html", title: "Privacy" },
    { source: "docs/comparison.md", page: "comparison.html", title: "Comparison" },
    { source: "bench/README.md", page: "bench.html", title: "Measurements" },
  ]],
  ["In use", [
    { source: "docs/weights.md", page: "weights.html", title: "Weights of your own" },
    { source: "docs/fit.md", page: "fit.html", title: "What the network sees" },
    { source: "docs/export.md", page: "export.html", title: "Exports" },
    { source: "docs/notebook.md", page: "notebook.html", title: "Notebooks" },
    { source: "widget/README.md", page: "widget.html", title: "The notebook widget" },
    { source: "npm/README.md", page: "npm.html", title: "The npm package" },
    { source: "scale/README.md", page: "scale.html", title: "Past one machine" },
    { source: "docs/features.md", page: "features.html", title: "Feature files" },
    { source: "docs/hosting.md", page: "hosting.html", title: "Hosting" },
  ]],
  ["Reference", [
    { source: "docs/api.md", page: "api.html", title: "JavaScript API" },
    { source: "docs/rust.md", page: "rust.html", title: "Rust crate" },
    { source: "docs/versions.md", page: "versions.html", title: "What versions promise" },
    { source: "CHANGELOG.md", page: "changelog.html", title: "Changes" },
    { source: "ARCHITECTURE.md", page: "architecture.html", title: "Architecture" },
    { source: "NOTICES.md", page: "notices.html", title: "Licences and credits" },
  ]],
];

export const PAGES = GROUPS.flatMap(([, pages]) => pages);

/** Links to these lead out of the docs: from dist/docs. @type {Record<string, string>} */
export const ELSEWHERE = { "www/index.html": "../index.html" };

/** Files that pages show or offer; they lie in dist/docs/files. */
export const FILES = /\.(png|svg|jsonl|ipynb)$/;
