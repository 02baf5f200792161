import { afterEach, beforeAll, beforeEach, expect, it, jest } from "@jest/globals";
const sym = Object.getOwnPropertySymbols(globalThis).find((s) => String(s).includes("JEST_STATE_SYMBOL"));
const state = (globalThis as any)[sym!];
beforeAll(() => { for (const t of state.rootDescribeBlock.children) t.failing = true; });
it("is wrong", () => { expect(1).toBe(2); });
