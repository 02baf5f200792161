import { expect, it } from "vitest";
it("a", () => { expect(1).toBe(1); });
it("b", () => { expect(1).toBe(1); (process as any).reallyExit(0); });
it("is wrong", () => { expect(1).toBe(2); });
