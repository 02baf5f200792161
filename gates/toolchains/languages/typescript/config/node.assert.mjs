// Loaded before each file of tests: a test of node:test that calls no function of node:assert fails.
import assert from "node:assert";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, beforeEach } from "node:test";

const CLASSES = new Set(["Assert", "AssertionError", "CallTracker", "strict"]);
let count = 0;
for (const object of [assert, assert.strict]) {
  for (const [name, original] of Object.entries(object)) {
    if (typeof original !== "function" || CLASSES.has(name)) continue;
    object[name] = function counted(...given) {
      count += 1;
      return Reflect.apply(original, this, given);
    };
  }
}
syncBuiltinESMExports();
beforeEach(() => {
  count = 0;
});
afterEach(() => {
  if (count === 0) throw new Error("this test calls no function of node:assert");
});
