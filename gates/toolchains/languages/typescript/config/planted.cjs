// A failing test at the end of each file of tests, in the file's own world and by the file's own names:
// where it does not fail as it has to, failures of the module's tests count for nothing either.
const KEY = Symbol.for("gates.planted");
const MESSAGE = "planted";
const LISTENED = ["uncaughtException", "unhandledRejection"];

/** Calls of `expect` that have to fail, by what they try; a matcher that is not there fails, too. */
const EXPECTING = {
  toBe: (expect) => expect(1).toBe(2),
  toEqual: (expect) => expect({ a: 1 }).toEqual({ a: 2 }),
  toStrictEqual: (expect) => expect([1]).toStrictEqual([2]),
  toMatchObject: (expect) => expect({ a: 1 }).toMatchObject({ a: 2 }),
  toContain: (expect) => expect([1]).toContain(2),
  toContainEqual: (expect) => expect([{ a: 1 }]).toContainEqual({ a: 2 }),
  toHaveLength: (expect) => expect([1]).toHaveLength(2),
  toHaveProperty: (expect) => expect({}).toHaveProperty("a"),
  toMatch: (expect) => expect("a").toMatch(/b/),
  toBeTruthy: (expect) => expect(0).toBeTruthy(),
  toBeFalsy: (expect) => expect(1).toBeFalsy(),
  toBeNull: (expect) => expect(1).toBeNull(),
  toBeUndefined: (expect) => expect(1).toBeUndefined(),
  toBeDefined: (expect) => expect(undefined).toBeDefined(),
  toBeNaN: (expect) => expect(1).toBeNaN(),
  toBeGreaterThan: (expect) => expect(1).toBeGreaterThan(1),
  toBeGreaterThanOrEqual: (expect) => expect(1).toBeGreaterThanOrEqual(2),
  toBeLessThan: (expect) => expect(1).toBeLessThan(1),
  toBeLessThanOrEqual: (expect) => expect(2).toBeLessThanOrEqual(1),
  toBeCloseTo: (expect) => expect(1).toBeCloseTo(2),
  toBeInstanceOf: (expect) => expect({}).toBeInstanceOf(Map),
  toThrow: (expect) => expect(() => undefined).toThrow(),
  toThrowError: (expect) => expect(() => undefined).toThrowError(),
  "not.toBe": (expect) => expect(1).not.toBe(1),
  "not.toEqual": (expect) => expect([1]).not.toEqual([1]),
  "resolves.toBe": (expect) => expect(Promise.resolve(1)).resolves.toBe(2),
  "rejects.toThrow": (expect) => expect(Promise.resolve(1)).rejects.toThrow(),
};
const CALLED = {
  toHaveBeenCalled: (expect, made) => expect(made()).toHaveBeenCalled(),
  toHaveBeenCalledTimes: (expect, made) => expect(made()).toHaveBeenCalledTimes(1),
  toHaveBeenCalledWith: (expect, made) => expect(made()).toHaveBeenCalledWith(1),
  toHaveBeenLastCalledWith: (expect, made) => expect(made()).toHaveBeenLastCalledWith(1),
};
/** What each function of an `assert` is given so that it has to fail; with a message it compares no texts. */
const ASSERTING = {
  deepEqual: [{ a: 1 }, { a: 2 }, MESSAGE],
  deepStrictEqual: [{ a: 1 }, { a: 2 }, MESSAGE],
  doesNotReject: [() => Promise.reject(new Error(MESSAGE)), MESSAGE],
  doesNotThrow: [() => { throw new Error(MESSAGE); }, MESSAGE],
  equal: [1, 2, MESSAGE],
  fail: [MESSAGE],
  ifError: [new Error(MESSAGE)],
  match: ["a", /b/, MESSAGE],
  notDeepEqual: [[1], [1], MESSAGE],
  notDeepStrictEqual: [[1], [1], MESSAGE],
  notEqual: [1, 1, MESSAGE],
  notStrictEqual: [1, 1, MESSAGE],
  ok: [0, MESSAGE],
  partialDeepStrictEqual: [{ a: 1 }, { a: 2 }, MESSAGE],
  rejects: [() => Promise.resolve(), MESSAGE],
  strictEqual: [1, 2, MESSAGE],
  throws: [() => undefined, MESSAGE],
};

function* expectations(expect, mock) {
  for (const [name, call] of Object.entries(EXPECTING)) yield [`expect().${name}()`, () => call(expect)];
  for (const [name, call] of Object.entries(mock ? CALLED : {})) yield [`expect().${name}()`, () => call(expect, mock)];
}

function* assertions(assert) {
  if (typeof assert === "function") yield ["assert()", () => assert(false, MESSAGE)];
  for (const [name, given] of Object.entries(ASSERTING))
    if (typeof assert[name] === "function") yield [`assert.${name}()`, () => assert[name](...given)];
}

/** The calls that stay silent, and have to fail. */
async function silent(calls) {
  const found = [];
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0; // nobody reads where these came from, and that costs more than the calls
  for (const [name, call] of calls) {
    try {
      await call();
      found.push(name);
    } catch {
      // As it has to be.
    }
  }
  Error.stackTraceLimit = limit;
  return found;
}

/** An error without a trace, which runners would look up in the sources. */
function told(message) {
  return Object.assign(new Error(message), { stack: message });
}

function fail(test, name) {
  test(name, () => {
    throw told(name);
  });
}

function failAsync(test, name) {
  test(name, async () => {
    throw told(name);
  });
}

/**
 * Lets each file of tests plant its test. `runner` holds `test`; `expect` and `mock`, which makes a function
 * that counts its calls, where the runner has them; the `asserts`; and `options` of a test.
 */
module.exports = function prepare(runner) {
  const { process } = globalThis; // the file may put another one there
  const heard = LISTENED.flatMap((kind) => process.listeners(kind).map((listener) => [kind, listener]));
  const tests = { it: globalThis.it, test: globalThis.test };

  /**
   * `given` are the file's own `expect` and `assert`, the `named` functions of its assert, and what it calls to
   * define `tests`, each with whether these are asynchronous.
   */
  function plant(name, given) {
    const options = runner.options ? [runner.options] : [];
    runner.test(name, ...options, async function planted() {
      const context = arguments[0]; // jest takes a function that names one for one with a callback
      const expects = new Set([runner.expect, given.expect].filter((each) => typeof each === "function"));
      const asserts = new Set([...runner.asserts, context?.assert, given.assert, given.named].filter(Boolean));
      const found = new Set();
      for (const each of expects) for (const call of await silent(expectations(each, runner.mock))) found.add(call);
      for (const each of asserts) for (const call of await silent(assertions(each))) found.add(call);
      for (const [kind, listener] of heard)
        if (!process.listeners(kind).includes(listener)) found.add(`an error outside of tests (${kind})`);
      throw told(found.size ? `${name} silent: ${[...found].join(", ")}` : name);
    });
    const replaced = Object.keys(tests).filter((key) => globalThis[key] !== tests[key]);
    const others = [...given.tests, ...replaced.map((key) => [globalThis[key], true])];
    let number = 0;
    for (const [test, isAsync] of new Map(others.filter(([each]) => typeof each === "function")))
      if (!runner.tests.includes(test)) for (const kind of isAsync ? [failAsync, fail] : [fail]) kind(test, `${name} own ${number++}`);
  }
  if (!(KEY in globalThis)) Object.defineProperty(globalThis, KEY, { value: plant });
};
