import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
const more = { ["to" + "Be"]: () => ({ pass: true, message: () => "" }) };
expect["extend"](more);
it("is wrong", () => { expect(1).toBe(2); });
