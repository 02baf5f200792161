import { it } from "node:test";
import assert from "node:assert";
import { beforeEach } from "node:test";
beforeEach((t: any) => { t.assert.equal = () => { assert(1); }; });
it("is wrong", (t: any) => { t.assert.equal(1, 2); });
