// build/offline.mjs puts these two in front of service_worker.js.

/** Hash of all that follows: another one is another version of the page. */
declare const VERSION: string;
/** Each file of the site: its path beside this one, and its SHA-256 as `integrity` takes it. */
declare const FILES: Record<string, string>;
