import { it } from "node:test";
import { assert } from "../support/kind.ts";
it("is wrong", () => { assert.equal(1, 2); });
