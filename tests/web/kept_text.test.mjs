// What is kept of a project and of its head, put together: by another network's head nothing but what is the head's own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withHead } from "../../www/worker/kept_text.js";

const HEAD = '{"bestEpoch":3,"train":[0,2],"validation":[1],"threshold":0.5}';
const LABEL = JSON.stringify('"kept":{} $&');

/** @param {string} kept @param {number} share */
const text = (kept, share) => `{"nextId":4,"groups":[{"fingerprint":[18446744073709551615,1]}],"kept":${kept},"test":{"share":${share},"opened":{"labels":[${LABEL}]}}}`;

test("the head's own part is taken, the test set and 64-bit numbers stay as they were kept last", () => {
  assert.equal(withHead(text("null", 0.2), text(HEAD, 0)), text(HEAD, 0.2));
  assert.equal(withHead(text(HEAD, 0.2), text("null", 0)), text("null", 0.2));
});

test("without a head's part all is as it was kept", () => {
  assert.equal(withHead(text(HEAD, 0.2)), text(HEAD, 0.2));
});
