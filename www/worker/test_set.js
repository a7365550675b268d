// The untouched test set: set aside, looked at once, kept with the project.
import { seeImages } from "./seen.js";

/** @typedef {import("../shared/test_set.js").TestSet} TestSet */
/** @typedef {import("../shared/test_set.js").TestSetCommand} TestSetCommand */
/** @typedef {import("./session.js").Session} Session */

/** @param {Session} session @param {TestSetCommand} command @returns {Promise<TestSet>} */
export async function testSet(session, command) {
  const { project, keeping } = session;
  if (command.type === "testSet") return project.ask("looking at the test set", (engine) => engine.testSet());
  keeping?.keeper.assertWritable();
  if (command.type === "openTestSet") await seeImages(session, new AbortController().signal);
  const found = await project.change("changing the test set", (engine) => {
    if (command.type === "setTestShare") engine.setTestShare(command.share);
    else engine.openTestSet(command.atMillis);
    return engine.testSet();
  });
  keeping?.keeper.keepTrained(await project.trained());
  return found;
}
