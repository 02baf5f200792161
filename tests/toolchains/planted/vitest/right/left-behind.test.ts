import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

vi.useFakeTimers({ toFake: ["setTimeout", "queueMicrotask", "Date"] });
vi.stubGlobal("process", { env: {} });
vi.mock("node:fs", () => ({ readFileSync: () => "none" }));
beforeAll(async () => { vi.resetModules(); });
afterAll(() => { expect(1).toBe(1); });
describe("a", () => {
  it.concurrent("b", async () => { expect(1).toBe(1); });
  it.skip("later", () => { expect(1).toBe(2); });
  it.fails("is known", () => { expect(1).toBe(2); });
});
expect.extend({ toBeWithin: (a: number, b: number) => ({ pass: a < b, message: () => "not within" }) });
