// The processor time of all processes that one started, from /proc. On a busy machine it moves much less than the clock.
import { readFileSync, readdirSync } from "node:fs";

/** A clock tick of Linux's /proc. */
const TICK_MS = 10;

/** Milliseconds of all descendants of `root`, itself left out; NaN where there is no /proc. @param {number} root */
export function cpuMilliseconds(root) {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  /** @type {Map<number, number>} */
  const ticks = new Map();
  for (const pid of processes()) {
    // The name in brackets may hold anything, so count from its end: state, parent, …, user ticks, system ticks.
    const fields = stat(pid).split(") ").at(-1)?.split(" ") ?? [];
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
    ticks.set(pid, Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
  }
  /** @param {number} pid @returns {number} */
  const below = (pid) => (children.get(pid) ?? []).reduce((sum, child) => sum + (ticks.get(child) ?? 0) + below(child), 0);
  return ticks.size ? below(root) * TICK_MS : NaN;
}

function processes() {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

/** "" where the process has ended. @param {number} pid */
function stat(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}
