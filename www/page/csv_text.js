// Rows as CSV for other programs, quoted where RFC 4180 asks for it.

/** @param {(string | number)[][]} rows @returns {string} */
export const csvText = (rows) => rows.map((row) => row.map(quoted).join(",") + "\r\n").join("");

/** @param {string | number} value */
function quoted(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
