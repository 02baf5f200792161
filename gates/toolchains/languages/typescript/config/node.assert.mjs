// Loaded before each file of tests: a test of node:test that calls no function of node:assert fails.
import { registerHooks } from "node:module";
import { afterEach, beforeEach, it, test } from "node:test";
import { fileURLToPath } from "node:url";

import given from "./assert.cjs";
import prepare from "./planted.cjs";

let count = 0;
given.decides = () => (count += 1);
const NAMES = /^(node:)?assert(\/strict)?$/;
registerHooks({
  resolve(name, context, next) {
    return NAMES.test(name) ? { url: `gates:${name}`, shortCircuit: true } : next(name, context);
  },
  load(url, context, next) {
    if (!url.startsWith("gates:")) return next(url, context);
    return { format: "module", source: given.source(url), shortCircuit: true };
  },
});
const seen = new WeakSet();
/** Lets `t.assert` count, and makes it no earlier than the test asks for it: it keeps `t.plan`. */
function countOf(test) {
  const kind = Object.getPrototypeOf(test);
  const { get, set } = Object.getOwnPropertyDescriptor(kind, "assert");
  if (seen.has(get)) return;
  const counting = function assert() {
    const made = get.call(this);
    if (!seen.has(made)) seen.add(Object.assign(made, given.wrap(made)));
    return made;
  };
  seen.add(counting);
  Object.defineProperty(kind, "assert", { get: counting, set, configurable: true });
}
beforeEach((test) => {
  count = 0;
  countOf(test);
});
afterEach(() => {
  if (count === 0) throw new Error("this test calls no function of node:assert");
});
prepare({ test, tests: [it, test], asserts: [given.loose, given.strict], options: { todo: true } });
