// node:assert as tests are given it: each call tells `decides` that the test can fail.
const CLASSES = new Set(["Assert", "AssertionError", "CallTracker"]);

function counted(original) {
  return function decide(...given) {
    globalThis[KEY].decides();
    return Reflect.apply(original, this, given);
  };
}

/** An object with each of its functions, and it itself, counted. */
function wrap(object) {
  const made = counted(object);
  for (const [name, value] of Object.entries(object)) {
    const isPlain = typeof value !== "function" || CLASSES.has(name) || name === "strict";
    made[name] = isPlain ? value : counted(value);
  }
  return made;
}

const own = require("node:module")._load("node:assert"); // jest gives this file where one asks for it
const strict = wrap(own.strict);
const loose = Object.assign(wrap(own), { strict });
strict.strict = strict;

/** The text of a module of ECMAScript that gives what `node:assert` or `node:assert/strict` gives. */
function source(name) {
  const given = name.endsWith("/strict") ? "strict" : "loose";
  const names = Object.keys(own).filter((each) => /^\w+$/.test(each));
  return `const { ${given}: made } = globalThis[Symbol.for("gates.assert")];
export { made as default, made as "module.exports" }; export const { ${names.join(", ")} } = made;`;
}

const KEY = Symbol.for("gates.assert");
const given = { decides: () => undefined, loose, strict, source, wrap };
module.exports = globalThis[KEY] ??= given;
