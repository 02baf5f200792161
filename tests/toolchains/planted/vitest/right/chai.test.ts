import { assert, it, test, expect as jestLike } from "vitest";
import { chai } from "vitest";
const { expect } = chai;
it("compares", () => { expect(1).to.equal(1); assert.equal(1, 1); jestLike(1).toBe(1); });
test.each([[1, 2]])("%d", (a, b) => { jestLike(a + 1).toBe(b); });
