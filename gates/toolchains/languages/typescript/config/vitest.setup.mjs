// A test that calls node:assert, or chai's assert, has asserted something as one that calls expect().
import { createRequire } from "node:module";

import { assert, expect, it, test, vi } from "vitest";

const require = createRequire(import.meta.url);
const given = require("./gates.assert.cjs");
given.decides = () => {
  const { assertionCalls, expectedAssertionsNumber } = expect.getState();
  if (expectedAssertionsNumber === null) expect.setState({ assertionCalls: assertionCalls + 1 });
};
Object.assign(assert, given.wrap(assert));
const asserts = [assert, given.loose, given.strict];
require("./gates.planted.cjs")({ test, tests: [it, test], expect, mock: vi.fn, asserts });
