import assert from "node:assert/strict";
import { it } from "node:test";
const own = assert.ok;
assert.equal = () => { own(1); };
it("is wrong", () => { assert.equal(1, 2); });
