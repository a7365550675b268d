// Pictures, or feature rows, behind each other, as wasm takes a batch.

/** A copy of all parts in one, in an array of this kind.
 * @template {Uint8ArrayConstructor | Float32ArrayConstructor} [Kind=Uint8ArrayConstructor]
 * @param {ArrayLike<number>[]} parts @param {Kind} [kind]
 * @returns {Kind extends Uint8ArrayConstructor ? Uint8Array<ArrayBuffer> : Float32Array<ArrayBuffer>}
 */
export function joined(parts, kind) {
  const whole = new (kind ?? Uint8Array)(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return /** @type {any} */ (whole); // one of the two, by `kind`
}
