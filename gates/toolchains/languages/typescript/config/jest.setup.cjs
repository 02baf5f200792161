// Each test asserts something, with expect() as vitest's requireAssertions asks, or with node:assert.
const { beforeEach, expect } = require("@jest/globals");

require("./gates.assert.cjs").decides = () => expect.setState({ isExpectingAssertions: false });
beforeEach(() => {
  expect.hasAssertions();
});
