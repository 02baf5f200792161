import { beforeEach, it } from "node:test";
import assert from "node:assert";
beforeEach((t: any) => { Object.defineProperty(Object.getPrototypeOf(t), "assert", { get: () => ({ equal: () => assert(1) }) }); });
it("is wrong", (t: any) => { t.assert.equal(1, 2); });
