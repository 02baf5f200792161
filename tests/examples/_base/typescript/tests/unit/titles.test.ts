import { describe, expect, it } from "vitest";

import { shorten } from "../../src/lib/titles.js";

describe("shorten", () => {
  it.each([
    ["Buy milk", "Buy milk"],
    ["  Buy \n milk ", "Buy milk"],
    ["Buy milk today", "Buy milk…"],
  ])("%j becomes %j", (title, expected) => {
    expect(shorten(title, 10)).toBe(expected);
  });
});
