// Looks at JSON that came in a file, field by field, before anything of it is used. Pure.

const MOST_TEXT = 300;
const MOST_COUNT = 0x7fffffff;

/** The checks of one kind of file. `damaged` makes what is thrown of a reason; `otherForm`: the reason where a part is no object or no list.
 * @param {(reason: string) => Error} damaged @param {string} otherForm
 */
export function checksOf(damaged, otherForm) {
  return {
    /** @param {unknown} value @returns {Record<string, any>} any: each field is looked at by itself */
    object(value) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw damaged(otherForm);
      return value;
    },
    /** @param {unknown} value @returns {unknown[]} */
    list(value) {
      if (!Array.isArray(value)) throw damaged(otherForm);
      return value;
    },
    /** @param {unknown} value @param {RegExp} [pattern] @returns {string} */
    text(value, pattern = /^[^]+$/) {
      if (typeof value !== "string" || value.length > MOST_TEXT || !pattern.test(value)) throw damaged("a name in it can't be right");
      return value;
    },
    /** @param {unknown} value @param {number} [most] @returns {number} */
    count(value, most = MOST_COUNT) {
      if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > most) throw damaged("a number in it can't be right");
      return value;
    },
  };
}

/** A SHA-256. */
export const HEX = /^[0-9a-f]{64}$/;
