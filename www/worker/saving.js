// What a project's page says of saving.

/** @typedef {import("../shared/protocol.js").Kept} Kept */

export const READ_ONLY = "This project is open in another tab. It can be looked at here, and changed after it was taken over.";

/** By the writer's state. @type {Record<import("./writer.js").Writer["state"], Pick<Kept, "state" | "message">>} */
const TOLD = {
  saved: { state: "saved", message: "Saved on this device." },
  saving: { state: "saving", message: "Saving." },
  full: { state: "paused", message: "The disk is full, so saving is paused. Nothing is lost while this page stays open; free some space, or delete another project." },
  lost: { state: "read-only", message: READ_ONLY },
};

/** @param {import("./writer.js").Writer["state"]} state */
export const told = (state) => TOLD[state];
