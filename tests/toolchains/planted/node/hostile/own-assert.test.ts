import real from "node:assert";
import { it } from "node:test";
const assert = { equal: (a: unknown, b: unknown) => { real(1); } };
it("is wrong", () => { assert.equal(1, 2); });
