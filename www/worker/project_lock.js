// One tab at a time may write a project. Another may ask for it: who has it writes what is left and lets go; a tab that
// does not answer (it is frozen, say) loses it after a while.

const PATIENCE_MS = 3000;
/** A page that was just reloaded may not have let go yet. */
const RELOAD_MS = 600;

/** @typedef {{release: () => void}} Held */

/** Without Web Locks (an insecure page) whoever opens a project last has it.
 * @param {string} id @param {{takeOver: boolean, onWanted: () => Promise<void>, onLost: () => void}} options
 * @returns {Promise<Held | null>} null where another tab has it
 */
export async function holdProject(id, { takeOver, onWanted, onLost }) {
  if (!navigator.locks) return { release: () => {} };
  const name = `headstart project ${id}`;
  if (takeOver) tell(name);
  let held = await request(name, { signal: AbortSignal.timeout(takeOver ? PATIENCE_MS : RELOAD_MS) }, onLost);
  if (!held && takeOver) held = await request(name, { steal: true }, onLost);
  if (!held) return null;
  const channel = new BroadcastChannel(name);
  const { release } = held;
  channel.onmessage = async () => {
    channel.close();
    await onWanted();
    release();
  };
  return { release };
}

/** @param {string} name */
function tell(name) {
  const channel = new BroadcastChannel(name);
  channel.postMessage("wanted");
  channel.close();
}

/** @param {string} name @param {LockOptions} options @param {() => void} onLost @returns {Promise<Held | null>} */
function request(name, options, onLost) {
  return new Promise((resolve) => {
    let isHeld = false;
    const hold = (/** @type {Lock | null} */ lock) => {
      if (!lock) return resolve(null);
      isHeld = true;
      return new Promise((release) => resolve({ release: () => release(undefined) }));
    };
    // Rejects when it was stolen, or when nobody let go in time.
    navigator.locks.request(name, options, hold).catch(() => (isHeld ? onLost() : resolve(null)));
  });
}
