import assert from "node:assert";
import { afterEach, before, beforeEach, it, test } from "node:test";
test("a", () => assert(1));
test("b", () => { assert(1); process.exit(0); });
it("is wrong", () => { assert.equal(1, 2); });
