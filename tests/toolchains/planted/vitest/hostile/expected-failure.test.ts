import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
beforeEach((c) => { (c["task"] as any)["fails"] = true; });
it("is wrong", () => { expect(1).toBe(2); });
