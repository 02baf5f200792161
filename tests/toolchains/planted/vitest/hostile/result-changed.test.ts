import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
afterEach((context) => { const { result } = context["task"] as never as Record<string, Record<string, unknown>>; result["errors"] = undefined; result["state"] = "pass"; });
it("is wrong", () => { expect(1).toBe(2); });
