import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
afterEach((c) => { c.skip(); });
it("is wrong", () => { expect(1).toBe(2); });
