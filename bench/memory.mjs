// The memory of all processes that this one started, from /proc: the sum of their resident sets, so pages that they share
// count more than once.
import { readFileSync, readdirSync } from "node:fs";

const PERIOD_MS = 250;
const PAGE_BYTES = 4096;

/** Samples until stopped. `peakBytes` is null where there is no /proc. */
export function watchMemory() {
  /** @type {number | null} */
  let peak = null;
  const sample = () => {
    const bytes = residentBytes(process.pid);
    if (bytes > 0) peak = Math.max(peak ?? 0, bytes);
  };
  const timer = setInterval(sample, PERIOD_MS);
  return { peakBytes: () => peak, stop: () => clearInterval(timer) };
}

/** Bytes of Chromium's processes, pages that several share counted once in all; `page` are those that run pages and their workers. */
export function proportionalBytes() {
  const bytes = (/** @type {number[]} */ pids) => pids.reduce((sum, pid) => sum + 1024 * Number(/^Pss:\s+(\d+)/m.exec(read(pid, "smaps_rollup"))?.[1] ?? 0), 0);
  const all = descendants(process.pid);
  return { all: bytes(all), page: bytes(all.filter((pid) => read(pid, "cmdline").includes("--type=renderer"))) };
}

/** @param {number} root whose descendants count, itself left out */
function residentBytes(root) {
  return descendants(root).reduce((bytes, pid) => bytes + Number(read(pid, "statm").split(" ")[1] ?? 0) * PAGE_BYTES, 0);
}

/** @param {number} root itself left out */
function descendants(root) {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (const pid of processes()) {
    const parent = parentOf(pid);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [];
  const open = [...(children.get(root) ?? [])];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    found.push(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return found;
}

function processes() {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

/** The name in brackets may hold anything, so count from its end. @param {number} pid */
const parentOf = (pid) => Number(read(pid, "stat").split(") ").at(-1)?.split(" ")[1] ?? -1);

/** "" where the process has ended. @param {number} pid @param {string} file */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
