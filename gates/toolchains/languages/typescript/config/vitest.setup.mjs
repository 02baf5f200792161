// A test that calls node:assert, or chai's assert, has asserted something as one that calls expect().
import { createRequire } from "node:module";

import { assert, expect } from "vitest";

const given = createRequire(import.meta.url)("./gates.assert.cjs");
given.decides = () => {
  const { assertionCalls, expectedAssertionsNumber } = expect.getState();
  if (expectedAssertionsNumber === null) expect.setState({ assertionCalls: assertionCalls + 1 });
};
Object.assign(assert, given.wrap(assert));
