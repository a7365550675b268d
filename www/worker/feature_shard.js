// One shard of feature rows: a safetensors file as docs/features.md defines it. All of it is hashed, its header and places are checked
// when it is opened, and rows are read by slices; at no time is the file in memory.
import { FORMAT, VERSION, ordered, otherFormat, refused } from "./feature_manifest.js";
import { Sha256 } from "./sha256.js";

/** @typedef {import("./feature_manifest.js").Manifest} Manifest */
/** @typedef {import("./feature_manifest.js").Named} Named */
/** `fingerprint`: null where the shard has none. @typedef {{name: string, label: string, sha256: string, fingerprint: string | null, features: Float32Array<ArrayBuffer>}} FeatureRow */
/** @typedef {"features" | "classes" | "sha256" | "name_ends" | "names" | "fingerprints"} Tensor */
/** `start`: in the file. `width`: bytes a row. @typedef {{start: number, width: number, bytes: number}} Place */

const PIECE_BYTES = 2 ** 20;
/** A real one has 1 kB. */
const MOST_HEADER_BYTES = 2 ** 20;
const MOST_NAME_BYTES = 4096;
/** Whose hashes and names are read at once. */
const WINDOW_ROWS = 4096;
/** Rows between two wanted ones that are read along, rather than asked for anew. */
const GAP = 4;
const DTYPES = { U8: 1, F32: 4, U32: 4, U64: 8 };
const COPY = "Copy it again, or extract the features again.";
const SHARDS_AGAIN = "Extract all of its shards again by one network.";

export class FeatureShard {
  /** @type {Named} */
  named;
  #blob;
  #labels;
  /** @type {Partial<Record<Tensor, Place>>} */
  #places = {};

  /** `onBytes` hears how many more are hashed. @param {Named} named @param {Blob} blob @param {Manifest} manifest @param {(bytes: number) => void} onBytes */
  static async open(named, blob, manifest, onBytes) {
    const found = await sha256Of(named.file, blob, onBytes);
    if (found !== named.sha256) {
      throw refused(named.file, `it is not the one of the manifest: its SHA-256 is ${found.slice(0, 8)}…, and should be ${named.sha256.slice(0, 8)}…`, COPY);
    }
    const shard = new FeatureShard(named, blob, manifest.labels);
    await shard.#readHeader(manifest);
    return shard;
  }

  /** @param {Named} named @param {Blob} blob @param {string[]} labels */
  constructor(named, blob, labels) {
    this.named = named;
    this.#blob = blob;
    this.#labels = labels;
  }

  /** @param {Manifest} manifest */
  async #readHeader({ backbone, preprocessing }) {
    const { rows, file } = this.named;
    const blob = this.#blob;
    const length = blob.size < 8 ? Infinity : Number(new DataView(await bytesOf(file, blob, 0, 8)).getBigUint64(0, true));
    if (length > Math.min(MOST_HEADER_BYTES, blob.size - 8)) throw refused(file, "it is no safetensors file");
    const header = jsonOf(file, await bytesOf(file, blob, 8, 8 + length));
    const about = Object(header.__metadata__);
    if (about.format !== FORMAT || about.version !== String(VERSION)) throw otherFormat(file, about.format, about.version);
    if (about.backbone !== backbone.name || about.backbone_sha256 !== backbone.sha256) {
      throw refused(file, `its features are of ${short(about.backbone)} with weights ${short(about.backbone_sha256, 8)}…, and those of the manifest of ${backbone.name} with weights ${short(backbone.sha256, 8)}…`, SHARDS_AGAIN);
    }
    if (ordered(jsonOf(file, about.preprocessing)) !== preprocessing) throw refused(file, "its pictures were prepared otherwise than the manifest says", SHARDS_AGAIN);
    const place = (/** @type {Tensor} */ name, /** @type {keyof typeof DTYPES} */ dtype, /** @type {(number | null)[]} */ shape) =>
      (this.#places[name] = placeOf(file, Object(header[name]), { name, dtype, shape, start: 8 + length, size: blob.size }));
    place("features", "F32", [rows, backbone.numFeatures]);
    place("classes", "U32", [rows]);
    place("sha256", "U8", [rows, 32]);
    place("name_ends", "U64", [rows]);
    place("names", "U8", [null]);
    if (Object.hasOwn(header, "fingerprints")) place("fingerprints", "U8", [rows, 32]);
  }

  /** Class and hash of each row, window by window. @returns {AsyncGenerator<{classes: Uint32Array, sha256: Uint8Array}, void>} */
  async *columns() {
    const { rows, file } = this.named;
    for (let from = 0; from < rows; from += WINDOW_ROWS) {
      const to = Math.min(rows, from + WINDOW_ROWS);
      const classes = new Uint32Array(await this.#rows("classes", from, to));
      const wrong = classes.find((number) => number >= this.#labels.length);
      if (wrong !== undefined) throw refused(file, `it has a row of class ${wrong}, and the manifest names ${this.#labels.length} classes, from 0 on`, "Take the manifest that belongs to it.");
      yield { classes, sha256: new Uint8Array(await this.#rows("sha256", from, to)) };
    }
  }

  /** @param {number[]} numbers in order @returns {AsyncGenerator<FeatureRow[], void>} some at a time */
  async *read(numbers) {
    for (let at = 0; at < numbers.length; ) {
      const start = numbers[at];
      const end = numbers.findIndex((number, i) => i > at && number >= start + WINDOW_ROWS);
      const wanted = numbers.slice(at, end < 0 ? undefined : end);
      yield this.#window(wanted);
      at += wanted.length;
    }
  }

  /** @param {number[]} numbers @returns {Promise<FeatureRow[]>} */
  async #window(numbers) {
    const [from, to] = [numbers[0], numbers[numbers.length - 1] + 1];
    const classes = new Uint32Array(await this.#rows("classes", from, to));
    const hashes = new Uint8Array(await this.#rows("sha256", from, to));
    const fingerprints = this.#places.fingerprints && new Uint8Array(await this.#rows("fingerprints", from, to));
    const names = await this.#names(from, to);
    const features = (await Promise.all(spansOf(numbers, this.#place("features").width).map((span) => this.#features(span)))).flat();
    return numbers.map((number, i) => {
      const [row, label] = [number - from, this.#labels[classes[number - from]]];
      const fingerprint = fingerprints ? hex(fingerprints, row) : null;
      return { name: names(row, label), label: label.normalize("NFC"), sha256: hex(hashes, row), fingerprint, features: features[i] };
    });
  }

  /** @param {number[]} numbers that lie together */
  async #features(numbers) {
    const [from, to] = [numbers[0], numbers[numbers.length - 1] + 1];
    const all = new Float32Array(await this.#rows("features", from, to));
    const width = this.#place("features").width / 4;
    return numbers.map((number) => {
      const row = all.slice((number - from) * width, (number - from + 1) * width); // what is kept of it takes its whole buffer along
      if (!row.every(Number.isFinite)) throw refused(this.named.file, `a feature of its row ${number} is no number`);
      return row;
    });
  }

  /** @param {number} from @param {number} to @returns {Promise<(row: number, label: string) => string>} without the folder that is the class */
  async #names(from, to) {
    const { file } = this.named;
    const { start, bytes } = this.#place("names");
    const ends = [...new BigUint64Array(await this.#rows("name_ends", Math.max(0, from - 1), to))].map(Number);
    if (from === 0) ends.unshift(0);
    const isRight = ends.every((end, i) => end <= bytes && (i === 0 || (end >= ends[i - 1] && end - ends[i - 1] <= MOST_NAME_BYTES)));
    if (!isRight) throw refused(file, "its names lie outside of it");
    const text = new Uint8Array(await bytesOf(file, this.#blob, start + ends[0], start + ends[ends.length - 1]));
    return (row, label) => {
      const name = new TextDecoder().decode(text.subarray(ends[row] - ends[0], ends[row + 1] - ends[0]));
      return name.startsWith(`${label}/`) ? name.slice(label.length + 1) : name;
    };
  }

  /** @param {Tensor} name */
  #place(name) {
    return /** @type {Place} */ (this.#places[name]);
  }

  /** @param {Tensor} name @param {number} from @param {number} to */
  #rows(name, from, to) {
    const { start, width } = this.#place(name);
    return bytesOf(this.named.file, this.#blob, start + from * width, start + to * width);
  }
}

/** @param {string} file @param {Record<string, any>} entry any: each field is looked at
 * @param {{name: string, dtype: keyof typeof DTYPES, shape: (number | null)[], start: number, size: number}} expected null: any number
 * @returns {Place}
 */
function placeOf(file, { dtype, shape, data_offsets: offsets }, { name, dtype: wanted, shape: expected, start, size }) {
  const said = Array.isArray(shape) ? shape : [];
  if (dtype !== wanted || said.length !== expected.length || !expected.every((length, i) => (length === null ? Number.isSafeInteger(said[i]) : said[i] === length))) {
    const form = expected.map((length) => length ?? "n").join(", ");
    throw refused(file, `its ${name} are ${short(dtype)} [${short(said.join(", "))}], and should be ${wanted} [${form}]`);
  }
  const [begin, end] = Array.isArray(offsets) ? offsets : [];
  const bytes = said.reduce((product, length) => product * length, DTYPES[wanted]);
  if (!Number.isSafeInteger(begin) || begin < 0 || bytes < 0 || begin + bytes !== end || start + end > size) throw refused(file, `its ${name} lie outside of it`);
  return { start: start + begin, width: said.slice(1).reduce((product, length) => product * length, DTYPES[wanted]), bytes };
}

/** Those near each other, up to a piece. @param {number[]} numbers @param {number} width bytes a row @returns {number[][]} */
function spansOf(numbers, width) {
  /** @type {number[][]} */
  const spans = [];
  for (const number of numbers) {
    const last = spans[spans.length - 1];
    const isNear = last && number - last[last.length - 1] <= GAP && (number - last[0] + 1) * width <= PIECE_BYTES;
    if (isNear) last.push(number);
    else spans.push([number]);
  }
  return spans;
}

/** @param {string} file @param {Blob} blob @param {(bytes: number) => void} onBytes */
async function sha256Of(file, blob, onBytes) {
  const hash = new Sha256();
  for (let from = 0; from < blob.size; from += PIECE_BYTES) {
    const piece = await bytesOf(file, blob, from, Math.min(blob.size, from + PIECE_BYTES));
    hash.add(new Uint8Array(piece));
    onBytes(piece.byteLength);
  }
  return hash.hex();
}

/** @param {string} file @param {Blob} blob @param {number} from @param {number} to */
async function bytesOf(file, blob, from, to) {
  const bytes = await blob.slice(from, to).arrayBuffer().catch(() => new ArrayBuffer(0));
  if (bytes.byteLength !== to - from) throw refused(file, "it can't be read any more", COPY);
  return bytes;
}

/** @param {string} file @param {unknown} text or its bytes @returns {Record<string, any>} any: each field is looked at */
function jsonOf(file, text) {
  try {
    return Object(JSON.parse(text instanceof ArrayBuffer ? new TextDecoder().decode(text) : String(text)));
  } catch {
    throw refused(file, "its header is damaged");
  }
}

/** @param {unknown} value @param {number} [length] */
const short = (value, length = 40) => String(value).slice(0, length);

/** @param {Uint8Array} bytes @param {number} row of 32 bytes */
const hex = (bytes, row) => Array.from(bytes.subarray(32 * row, 32 * row + 32), (byte) => byte.toString(16).padStart(2, "0")).join("");
