import assert from "node:assert";
import { it, mock } from "node:test";
mock.method(assert, "equal", () => { assert.ok(1); });
it("is wrong", () => { assert.equal(1, 2); });
