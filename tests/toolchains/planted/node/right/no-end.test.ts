import { equal } from "node:assert/strict";
import { it } from "node:test";
it("a", () => {
  equal(1, 1)
})
// the end