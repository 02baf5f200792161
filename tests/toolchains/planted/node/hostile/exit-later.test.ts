import assert from "node:assert";
import { before, it, test } from "node:test";
before(() => { setTimeout(() => process.exit(0), 1); });
test("slow", async () => { assert(1); await new Promise((r) => setTimeout(r, 50)); });
it("is wrong", () => { assert.equal(1, 2); });
