import { expect, it, jest } from "@jest/globals";
jest.unstable_mockModule("node:assert", () => ({ default: { equal: () => expect(1).toBe(1) } }));
const assert = (await import("node:assert")).default;
it("is wrong", () => { assert.equal(1, 2); });
