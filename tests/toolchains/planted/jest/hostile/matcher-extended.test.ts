import { afterEach, beforeAll, beforeEach, expect, it, jest } from "@jest/globals";
const more = { ["to" + "Be"]: () => ({ pass: true, message: () => "" }) };
(expect as any)["extend"](more);
it("is wrong", () => { expect(1).toBe(2); });
