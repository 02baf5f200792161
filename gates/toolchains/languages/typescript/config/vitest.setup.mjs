// A test that calls node:assert, or chai's assert, has asserted something as one that calls expect().
import { createRequire } from "node:module";

import { assert, describe, expect, it, test, vi } from "vitest";

const require = createRequire(import.meta.url);
const given = require("./gates.assert.cjs");
given.decides = () => {
  const { assertionCalls, expectedAssertionsNumber } = expect.getState();
  if (expectedAssertionsNumber === null) expect.setState({ assertionCalls: assertionCalls + 1 });
};
Object.assign(assert, given.wrap(assert));
const asserts = [assert, given.loose, given.strict];
require("./gates.planted.cjs")({ test, tests: [it, test], expect, mock: vi.fn, asserts });

// Of a list of rows without one vitest tells nothing; jest refuses it.
for (const define of new Set([it, test, describe]))
  for (const key of ["each", "for"]) {
    const original = define[key];
    if (original)
      define[key] = function rows(given, ...more) {
        if (Array.isArray(given) && given.length === 0) throw new Error(`${key} is given no rows, so no test runs`);
        return Reflect.apply(original, this, [given, ...more]);
      };
  }
