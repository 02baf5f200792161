import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
process.removeAllListeners("unhandledRejection"); process.on("unhandled" + "Rejection" as never, () => undefined);
it("late", async () => { void Promise.reject(new Error("late")); expect(1).toBe(1); await new Promise((r) => setTimeout(r, 20)); });
