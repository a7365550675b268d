// A static file server for dist/: for the person who tries the page, for the tests and for the bench.
//   node build/serve.mjs FOLDER [--port 8080] [--base /]      prints the address on its last line
// The page needs no special headers; the Content-Security-Policy here is the one that it promises to hold, sent with scripts too, since a worker has that
// of its own answer. A file with a .br or .gz beside it goes compressed to who takes that; one asked for with a hash after "?" may be
// kept for ever.
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** The page's own policy. */
const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; " +
  "img-src 'self' blob: data:; style-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types default";
/** For a page of others that uses the package: it makes its workers without a policy of Trusted Types. */
export const CSP_OF_APPS = CSP.slice(0, CSP.indexOf("; require-trusted-types"));
const TEXT = "; charset=utf-8";
/** @type {Record<string, string>} */
const TYPES = {
  ".html": "text/html" + TEXT, ".js": "text/javascript" + TEXT, ".mjs": "text/javascript" + TEXT,
  ".css": "text/css" + TEXT, ".json": "application/json" + TEXT, ".webmanifest": "application/manifest+json", ".md": "text/plain" + TEXT, ".txt": "text/plain" + TEXT,
  ".wasm": "application/wasm", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".ico": "image/x-icon",
};
/** Suffix of a compressed file by its name in Accept-Encoding, the smaller one first. */
const ENCODINGS = { br: ".br", gzip: ".gz" };
const HASH = /\?[0-9a-f]{16,64}$/;
/** So many ports above a taken one are tried. */
const PORTS = 100;

/**
 * Serves `folder` below the path `base` until `close()`. Port 0 takes any free one.
 * @param {string} folder
 * @param {{port?: number, host?: string, base?: string, csp?: string}} [options]
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export async function serve(folder, { port = 0, host = "127.0.0.1", base = "/", csp = CSP } = {}) {
  const root = await realpath(folder);
  const prefix = `/${base}/`.replace(/\/+/g, "/");
  const server = createServer((request, response) => {
    answer({ root, prefix, csp }, request, response).catch((error) => {
      console.error(`${request.method} ${request.url}: ${error.message}`);
      response.headersSent ? response.destroy() : refuse(response, 500, "The file could not be read.");
    });
  });
  await new Promise((listening, failed) => {
    server.once("error", failed);
    server.listen(port, host, () => listening(undefined));
  });
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  const close = () => new Promise((closed) => {
    server.close(() => closed(undefined));
    server.closeAllConnections();
  });
  return { url: `http://${host}:${address.port}${prefix}`, close: /** @type {() => Promise<void>} */ (close) };
}

/**
 * @param {{root: string, prefix: string, csp: string}} site
 * @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response
 */
async function answer({ root, prefix, csp }, request, response) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refuse(response, 405, "Only GET and HEAD are answered.", { allow: "GET, HEAD" });
  }
  const path = requestedPath(request.url ?? "/");
  if (path !== undefined && path + "/" === prefix) return refuse(response, 301, prefix, { location: prefix });
  const file = path?.startsWith(prefix) ? await fileAt(root, path.slice(prefix.length)) : undefined;
  if (file === undefined) return refuse(response, 404, `There is no ${path ?? "such path"} here.`);
  if (file === "folder") return refuse(response, 301, `${path}/`, { location: encodeURI(`${path}/`) });

  const { encoding, ...sent } = await compressed(file, request.headers["accept-encoding"] ?? "");
  const type = TYPES[extname(file.path).toLowerCase()] ?? "application/octet-stream";
  const etag = `"${sent.size.toString(16)}-${Math.round(sent.mtimeMs).toString(16)}${encoding ? `-${encoding}` : ""}"`;
  const caching = HASH.test(request.url ?? "") ? "public, max-age=31536000, immutable" : "no-cache";
  /** @type {Record<string, string | number>} */
  const headers = { "content-type": type, "cache-control": caching, "x-content-type-options": "nosniff", vary: "accept-encoding", etag };
  if (encoding) headers["content-encoding"] = encoding;
  if (/^text\/(html|javascript)/.test(type)) headers["content-security-policy"] = csp;
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304, headers).end();
  response.writeHead(200, { ...headers, "content-length": sent.size });
  if (request.method === "HEAD") return void response.end();
  // A browser that goes away in the middle of a file is no error.
  pipeline(createReadStream(sent.path), response, () => {});
}

/** The decoded path of a request, `undefined` where it is malformed; `//` could redirect to a host. @param {string} url */
function requestedPath(url) {
  try {
    const path = decodeURIComponent(url.split(/[?#]/, 1)[0]);
    return path.includes("\0") || path.includes("//") ? undefined : path;
  } catch {
    return undefined;
  }
}

/** A regular file in `root`, following links only while they stay in it. @param {string} root @param {string} path */
async function fileAt(root, path) {
  const inside = (/** @type {string} */ place) => place === root || place.startsWith(root + sep);
  const wanted = resolve(root, `./${path}`);
  if (!inside(wanted)) return undefined;
  const real = await realpath(wanted).catch(() => undefined);
  if (real === undefined || !inside(real)) return undefined;
  const found = await stat(real);
  if (found.isFile()) return path.endsWith("/") ? undefined : { path: real, size: found.size, mtimeMs: found.mtimeMs };
  if (!found.isDirectory()) return undefined;
  return path === "" || path.endsWith("/") ? fileOnDisk(join(real, "index.html")) : "folder";
}

/** The file as it is sent: compressed where that lies beside it, is no older, and is taken.
 * @param {{path: string, size: number, mtimeMs: number}} file @param {string} accepted
 * @returns {Promise<{path: string, size: number, mtimeMs: number, encoding?: string}>}
 */
async function compressed(file, accepted) {
  const taken = accepted.split(",").filter((one) => !/;\s*q=0(\.0*)?\s*$/.test(one)).map((one) => one.split(";")[0].trim());
  for (const [encoding, suffix] of Object.entries(ENCODINGS)) {
    const packed = taken.includes(encoding) ? await fileOnDisk(file.path + suffix) : undefined;
    if (packed && packed.mtimeMs >= file.mtimeMs) return { ...packed, encoding };
  }
  return file;
}

/** @param {string} path */
async function fileOnDisk(path) {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? { path, size: found.size, mtimeMs: found.mtimeMs } : undefined;
}

/**
 * @param {import("node:http").ServerResponse} response @param {number} status @param {string} text
 * @param {Record<string, string>} [headers]
 */
function refuse(response, status, text, headers = {}) {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers }).end(`${text}\n`);
}

/** `port`, or the first free one above it. @param {string} folder @param {number} port @param {string} base */
async function serveOnFreePort(folder, port, base) {
  for (let candidate = port; ; candidate += 1) {
    try {
      return await serve(folder, { port: candidate, base });
    } catch (error) {
      const taken = /** @type {NodeJS.ErrnoException} */ (error).code === "EADDRINUSE";
      if (!taken || candidate >= Math.min(port + PORTS, 65535)) throw error;
    }
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: "string", default: "8080" }, base: { type: "string", default: "/" } },
  });
  const port = Number(values.port);
  if (positionals.length !== 1 || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error("usage: node build/serve.mjs FOLDER [--port 8080] [--base /]");
  }
  const { url } = await serveOnFreePort(positionals[0], port, values.base);
  console.log(url);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
