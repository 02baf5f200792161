import { afterEach, beforeAll, beforeEach, expect, it, jest } from "@jest/globals";
const kind = Object.getPrototypeOf(expect);
const sym = Object.getOwnPropertySymbols(globalThis).find((s) => String(s).includes("jest-matchers"))!;
(globalThis as any)[sym].matchers.toBe = () => ({ pass: true, message: () => "" });
it("is wrong", () => { expect(1).toBe(2); });
