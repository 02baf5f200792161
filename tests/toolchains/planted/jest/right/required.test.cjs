const assert = require("node:assert");
const { equal } = require("node:assert/strict");

test("a", () => { assert(1); equal(1, 1); });
