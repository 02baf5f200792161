import { createRequire } from "node:module";
import { it } from "node:test";
import good from "node:assert";
const assert = createRequire(import.meta.url)("node:assert");
assert.equal = () => { good(1); };
it("is wrong", () => { assert.equal(1, 2); });
