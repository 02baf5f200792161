// Writes what vitest has seen as lines of JSON: each test, and each error outside of tests.
import { writeFileSync } from "node:fs";

function* told(task, file, names = []) {
  const errors = (task.result?.errors ?? []).map((each) => ({ message: String(each.message), stack: String(each.stack) }));
  if (task.type === "suite") {
    for (const error of errors) yield { kind: "error", file, ...error };
    for (const each of task.tasks) yield* told(each, file, task.filepath ? [] : [...names, task.name]);
    return;
  }
  const again = Boolean(task.retry?.count ?? task.retry) || (task.result?.retryCount ?? 0) > 0;
  if (again) yield { kind: "error", file, message: `"${task.name}" is run again until it passes`, stack: "" };
  const state = { pass: "passed", fail: "failed" }[task.result?.state] ?? "skipped";
  yield { kind: "test", file, name: [...names, task.name].join(" "), line: task.location?.line ?? null, state, errors };
}

export default class Reporter {
  constructor(place) {
    this.place = place;
  }

  /** Vitest 1 and 2. */
  onFinished(files = [], errors = []) {
    const lines = files.flatMap((file) => [{ kind: "file", file: file.filepath }, ...told(file, file.filepath)]);
    const outside = errors.map((each) => ({ kind: "error", file: null, message: String(each.message ?? each), stack: String(each.stack) }));
    writeFileSync(this.place, [...lines, ...outside].map((each) => `${JSON.stringify(each)}\n`).join(""));
  }

  /** Vitest 3 and later. */
  onTestRunEnd(modules, errors) {
    this.onFinished(modules.map((each) => each.task), errors);
  }
}
