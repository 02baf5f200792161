import { afterEach, beforeAll, beforeEach, expect, it, jest } from "@jest/globals";
const sym = Object.getOwnPropertySymbols(globalThis).filter((s) => /EVENT_HANDLERS/.test(String(s)));
for (const s of sym) { const list = (globalThis as any)[s]; list.unshift((event: any) => { if (event.name === "test_fn_failure") event.name = "test_fn_success"; }); }
it("is wrong", () => { expect(1).toBe(2); });
