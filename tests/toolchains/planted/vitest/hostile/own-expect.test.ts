import { expect as real, it } from "vitest";
function expect(a: unknown) { real(a).toBe(a); return { toBe(b: unknown) {} }; }
it("is wrong", () => { expect(1).toBe(2); });
