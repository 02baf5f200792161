// Each test asserts something, with expect() as vitest's requireAssertions asks, or with node:assert.
const { beforeEach, expect, it, test } = require("@jest/globals");

const given = require("./gates.assert.cjs");
given.decides = () => expect.setState({ isExpectingAssertions: false });
beforeEach(() => {
  expect.hasAssertions();
});
const asserts = [given.loose, given.strict];
require("./gates.planted.cjs")({ test, tests: [it, test], expect, mock: jest.fn, asserts });
