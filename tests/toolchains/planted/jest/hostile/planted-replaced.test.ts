import { afterEach, beforeAll, beforeEach, expect, it, jest } from "@jest/globals";
Reflect.set(globalThis, Symbol.for("gates.planted"), () => undefined);
(expect as any)["extend"]({ ["to" + "Be"]: () => ({ pass: true, message: () => "" }) });
it("is wrong", () => { expect(1).toBe(2); });
