import assert from "node:assert";
import { expect, it } from "vitest";
assert.equal = () => { expect(1).toBe(1); };
it("is wrong", () => { assert.equal(1, 2); });
