import assert from "node:assert";

import { describe, expect, it, test } from "@jest/globals";

import { shorten } from "../../src/lib/titles.js";

describe("shorten", () => {
  it("cuts", () => {
    expect(shorten("Buy milk today", 10)).toBe("Buy milk…");
  });
  it("is wrong", () => {
    expect(shorten("a", 10)).toBe("b");
  });
});
test("nothing", () => {
  shorten("a", 10);
});
test("decided by node:assert", () => {
  assert(shorten("a", 10));
});
test.skip("later", () => {
  expect(1).toBe(1);
});
