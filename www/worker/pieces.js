// A file that wasm reads piece by piece, when it needs it. In workers alone: there reading may wait.

/** Small tensors lie side by side; a read takes a millisecond, whatever its size. */
const AHEAD_BYTES = 2 ** 20;

export class Pieces {
  /** @type {string} */
  name;
  /** @type {number} */
  size;
  /** @type {Blob} */
  #file;
  #reader = new FileReaderSync();
  /** What was read last, and where it starts. */
  #last = { start: 0, bytes: new Uint8Array() };

  /** @param {string} name @param {Blob} file */
  constructor(name, file) {
    this.name = name;
    this.size = file.size;
    this.#file = file;
  }

  /** Valid until the next read. @param {number} start @param {number} end @returns {Uint8Array} */
  read(start, end) {
    const { start: from, bytes } = this.#last;
    if (start < from || end > from + bytes.length) {
      discard(bytes);
      const until = Math.min(Math.max(end, start + AHEAD_BYTES), this.size);
      this.#last = { start, bytes: new Uint8Array(this.#reader.readAsArrayBuffer(this.#file.slice(start, until))) };
    }
    return this.#last.bytes.subarray(start - this.#last.start, end - this.#last.start);
  }
}

/** Nobody listens at its other end. */
const away = awayPort();

function awayPort() {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}

/** Gives memory back now: the collector may wait until 100 MB of it have come together. @param {Uint8Array} bytes */
export function discard({ buffer }) {
  if (buffer.byteLength > 0) away.postMessage(null, [/** @type {ArrayBuffer} */ (buffer)]);
}
