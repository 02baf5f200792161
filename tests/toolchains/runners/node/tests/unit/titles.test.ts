import assert from "node:assert";
import { equal } from "node:assert/strict";
import { describe, it, test } from "node:test";

import { shorten } from "../../src/lib/titles.ts";

describe("shorten", () => {
  it("cuts", () => {
    equal(shorten("Buy milk today", 10), "Buy milk…");
  });
  it("is wrong", () => {
    equal(shorten("a", 10), "b");
  });
});
test("nothing", () => {
  shorten("a", 10);
});
test("decided by bare assert", () => {
  assert(shorten("a", 10));
});
test("decided by its context", (t) => {
  t.plan(1);
  t.assert.equal(shorten("a", 10), "a");
});
test.skip("later", () => {
  equal(1, 1);
});
