// The list of pages is open where it stands at the side, and folded above the text on a phone.

const isWide = matchMedia("(min-width: 60rem)");
const pages = /** @type {HTMLDetailsElement} */ (document.getElementById("pages"));

function fit() {
  pages.open = isWide.matches;
  const list = /** @type {HTMLElement} */ (pages.parentElement);
  const open = /** @type {HTMLElement} */ (pages.querySelector("[aria-current]"));
  if (isWide.matches) list.scrollTop = open.offsetTop - list.clientHeight / 3;
}

isWide.addEventListener("change", fit);
fit();
