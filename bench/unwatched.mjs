// Chromium as a person has it, for measurements of memory and frames. Playwright follows every request of a page and its workers: for
// that, Chromium keeps every address and answer for as long as the page is open (each picture in a data address, twice; the weights,
// once for the page and once for the service worker) and sends them on. And it counts as pages what is its own: the list under the
// address bar, and a process in store.
import { NO_WEBGPU, SOFTWARE_WEBGPU, launch } from "../tests/web/browser.mjs";

const OWN_PAGES = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess"];
const FEATURES = "--disable-features=";

/** @param {boolean} [webgpu] */
export function launchAlone(webgpu = false) {
  process.env.PLAYWRIGHT_DISABLE_SERVICE_WORKER_NETWORK = "1";
  return launch(alone(webgpu ? SOFTWARE_WEBGPU : NO_WEBGPU));
}

/** Chromium takes the last list of features only. @param {string[]} flags */
function alone(flags) {
  const off = flags.filter((flag) => flag.startsWith(FEATURES)).map((flag) => flag.slice(FEATURES.length));
  return [...flags.filter((flag) => !flag.startsWith(FEATURES)), FEATURES + [...off, ...OWN_PAGES].join()];
}

/** From now on nobody follows the requests of this page and its workers; what was kept of them is forgotten. It can't be sent to another
 * address any more. Playwright has no such setting: this asks what it is made of, as package-lock.json has it.
 * @param {import("playwright-core").Page} page
 */
export async function stopWatching(page) {
  const manager = Reflect.get(page, "_connection").toImpl(page).delegate._networkManager;
  const stop = (/** @type {{send: (method: string) => Promise<void>}} */ session) => session.send("Network.disable");
  const add = manager.addSession.bind(manager);
  manager.addSession = async (/** @type {Parameters<typeof stop>} */ ...args) => {
    await add(...args);
    await stop(args[0]).catch(() => {}); // a worker can be gone again
  };
  await Promise.all([...manager._sessions.keys()].map(stop));
}
