import assert from "node:assert";
import { afterEach, before, beforeEach, it, test } from "node:test";
const own = assert.ok;
assert.equal = () => { own(1); };
it("is wrong", () => { assert.equal(1, 2); });
