// One kind of error on every thread: `code` for programs, `message` for the person, `file` where one is to blame.
// A trap inside wasm gets words here: nobody is shown "unreachable executed".

/** An error that the page can show as it is. */
export class Failure extends Error {
  /** @param {string} code @param {string} message @param {string} [file] @param {unknown} [cause] for the console */
  constructor(code, message, file, cause) {
    super(message, { cause });
    this.name = "Failure";
    /** Kebab-case, for programs. */
    this.code = code;
    /** The file to blame, if one is. */
    this.file = file;
  }
}

/** Any thrown value as a Failure. `doing` completes "while …".
 * @param {unknown} error @param {string} doing @param {string} [file] @returns {Failure}
 */
export function failureFrom(error, doing, file) {
  if (error instanceof Failure) return error;
  if (isAbort(error)) return new Failure("aborted", "Stopped.");
  const { code, message, file: named } = /** @type {Partial<Failure>} */ (Object(error));
  if (typeof code === "string") return new Failure(code, String(message), named ?? file);
  return new Failure("crashed", crashText(doing, file), file, error);
}

/** Whether the error is an abort that somebody asked for.
 * @param {unknown} error
 */
export function isAbort(error) {
  return error instanceof Failure ? error.code === "aborted" : Object(error).name === "AbortError";
}

/** @param {string} doing @param {string} [file] */
function crashText(doing, file) {
  return file
    ? `headstart hit an error of its own while ${doing} “${file}”. The file was left out and is untouched.`
    : `headstart hit an error of its own while ${doing}. Reload the page; your files are untouched.`;
}
