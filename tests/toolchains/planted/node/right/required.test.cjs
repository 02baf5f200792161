const assert = require("node:assert");
const { test } = require("node:test");
test("a", (t, done) => { assert.equal(1, 1); done(); })
