// Under Trusted Types a worker may only be one of headstart's own: any other address is refused before it is asked for.

/** @typedef {{createPolicy: (name: string, rules: {createScriptURL: (url: string) => string}) => unknown}} TrustedTypes */

const OWN = new URL("../", import.meta.url).href;

/** The one policy of this thread. The default one, so that `new Worker(new URL(…))` stays what bundlers understand. */
export function allowOwnWorkers() {
  /** @type {TrustedTypes | undefined} */
  const types = Reflect.get(globalThis, "trustedTypes"); // not in every browser
  types?.createPolicy("default", { createScriptURL: ownUrl });
}

/** @param {string} url */
function ownUrl(url) {
  if (new URL(url, OWN).href.startsWith(OWN)) return url;
  throw new TypeError(`${url} is no worker of headstart.`);
}
