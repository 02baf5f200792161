// Writes what jest has seen as lines of JSON: each test, and each error outside of tests.
const { writeFileSync } = require("node:fs");

const STATES = { passed: "passed", failed: "failed" };

function* told(result) {
  const file = result.testFilePath;
  yield { kind: "file", file };
  if (result.testExecError) {
    const stack = String(result.failureMessage ?? result.testExecError.stack);
    yield { kind: "error", file, message: String(result.testExecError.message), stack };
  }
  for (const each of result.testResults) {
    const errors = each.failureMessages.map((stack) => ({ message: stack.split("\n    at ")[0], stack }));
    if (each.invocations > 1)
      yield { kind: "error", file, message: `"${each.title}" is run again until it passes`, stack: "" };
    yield {
      kind: "test", file, name: each.fullName, line: each.location?.line ?? null,
      state: STATES[each.status] ?? "skipped", errors,
    };
  }
}

module.exports = class Reporter {
  constructor(_, options) {
    this.place = options.place;
  }

  onRunComplete(_, results) {
    const lines = results.testResults.flatMap((each) => [...told(each)]);
    if (results.runExecError) {
      const { message, stack } = results.runExecError;
      lines.push({ kind: "error", file: null, message: String(message), stack: String(stack) });
    }
    writeFileSync(this.place, lines.map((each) => `${JSON.stringify(each)}\n`).join(""));
  }
};
