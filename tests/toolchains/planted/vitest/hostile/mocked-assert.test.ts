import assert from "node:assert";
import { expect, it, vi } from "vitest";
vi.mock("gates:assert", () => ({ default: { equal: () => expect(1).toBe(1) } }));
it("is wrong", () => { assert.equal(1, 2); });
