import assert from "node:assert";
import { it } from "../support/kind.ts";
it("is wrong", () => { assert.equal(1, 2); });
