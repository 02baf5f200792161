import { expect, it } from "@jest/globals";
it("a", () => {
  expect(1).toBe(1)
})
// the end