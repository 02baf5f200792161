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

// A file can replace what every object inherits, so nothing below calls a method, reads an iterator or writes into a
// list: what is needed of them is taken here, before the file runs.
const { apply } = Reflect;
const { assign } = Object;
const Failure = Error;
const listed = (table) => Object.entries(table).map(([name, does]) => ({ name, does }));
const EXPECTATIONS = listed(EXPECTING);
const CALLS = listed(CALLED);
const ASSERTIONS = listed(ASSERTING);

/** The calls that stay silent, and have to fail: each once, in one text. */
function listen() {
  const seen = { __proto__: null };
  return {
    text: "",
    note(name) {
      if (!seen[name]) this.text = this.text ? `${this.text}, ${name}` : name;
      seen[name] = true;
    },
    async call(name, does) {
      try {
        await does();
      } catch {
        return; // As it has to be.
      }
      this.note(name);
    },
  };
}

async function tryExpect(heard, expect, mock) {
  for (let i = 0; i < EXPECTATIONS.length; i++) {
    const { name, does } = EXPECTATIONS[i];
    await heard.call(`expect().${name}()`, () => does(expect));
  }
  for (let i = 0; mock && i < CALLS.length; i++) {
    const { name, does } = CALLS[i];
    await heard.call(`expect().${name}()`, () => does(expect, mock));
  }
}

async function tryAssert(heard, assert) {
  if (typeof assert === "function") await heard.call("assert()", () => assert(false, MESSAGE));
  for (let i = 0; i < ASSERTIONS.length; i++) {
    const { name, does } = ASSERTIONS[i];
    if (typeof assert[name] === "function") await heard.call(`assert.${name}()`, () => apply(assert[name], assert, does));
  }
}

/** An error without a trace, which runners would look up in the sources. */
function told(message) {
  return assign(new Failure(message), { stack: message });
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

function holds(list, value) {
  for (let i = 0; i < list.length; i++) if (list[i] === value) return true;
  return false;
}

/**
 * Lets each file of tests plant its test. `runner` holds `test`; `expect` and `mock`, which makes a function
 * that counts its calls, where the runner has them; the `asserts`; and `options` of a test.
 */
module.exports = function prepare(runner) {
  const { process } = globalThis; // the file may put another one there
  const { listeners } = process;
  const heard = LISTENED.flatMap((kind) => process.listeners(kind).map((listener) => ({ kind, listener })));
  const tests = { it: globalThis.it, test: globalThis.test };

  /**
   * `given` are the file's own `expect` and `assert`, the `named` functions of its assert, and what it calls to
   * define `tests`, each with whether these are asynchronous.
   */
  function plant(name, given) {
    async function planted() {
      const context = arguments[0]; // jest takes a function that names one for one with a callback
      const silent = listen();
      const limit = Failure.stackTraceLimit;
      Failure.stackTraceLimit = 0; // nobody reads where these came from, and that costs more than the calls
      if (typeof runner.expect === "function") await tryExpect(silent, runner.expect, runner.mock);
      if (typeof given.expect === "function" && given.expect !== runner.expect) await tryExpect(silent, given.expect, runner.mock);
      for (let i = 0; i < runner.asserts.length; i++) await tryAssert(silent, runner.asserts[i]);
      if (context?.assert) await tryAssert(silent, context.assert);
      if (given.assert && !holds(runner.asserts, given.assert)) await tryAssert(silent, given.assert);
      await tryAssert(silent, given.named);
      Failure.stackTraceLimit = limit;
      for (let i = 0; i < heard.length; i++) {
        const { kind, listener } = heard[i];
        if (!holds(apply(listeners, process, [kind]), listener)) silent.note(`an error outside of tests (${kind})`);
      }
      throw told(silent.text ? `${name} silent: ${silent.text}` : name);
    }
    if (runner.options) runner.test(name, runner.options, planted);
    else runner.test(name, planted);
    let number = 0;
    const define = (test, isAsync) => {
      if (typeof test !== "function" || holds(runner.tests, test)) return;
      if (isAsync) failAsync(test, `${name} own ${number++}`);
      fail(test, `${name} own ${number++}`);
    };
    for (let i = 0; i < given.tests.length; i++) define(given.tests[i][0], given.tests[i][1]);
    for (const key in tests) if (globalThis[key] !== tests[key]) define(globalThis[key], true);
  }
  if (!(KEY in globalThis)) Object.defineProperty(globalThis, KEY, { value: plant });
};
