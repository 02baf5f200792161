// Prints what node:test has seen as lines of JSON: each test, each error outside of tests, the coverage.
function* told({ type, data }) {
  if (type === "test:coverage") yield { kind: "coverage", summary: data.summary };
  if (type !== "test:pass" && type !== "test:fail") return;
  const { name, file, line, nesting } = data;
  const error = data.details?.error;
  const cause = error?.cause instanceof Error ? error.cause : error;
  const errors = error ? [{ message: String(cause?.message ?? cause), stack: String(cause?.stack ?? "") }] : [];
  if (data.details?.type === "suite") {
    if (type === "test:fail" && error?.failureType !== "subtestsFailed")
      for (const each of errors) yield { kind: "error", file, ...each };
    return;
  }
  const failed = data.todo ? "unfinished" : "failed";
  const state = type === "test:fail" ? failed : data.skip || data.todo ? "skipped" : "passed";
  yield { kind: "test", file, name: String(name), line, nesting, state, errors };
}

/** The same with the file that was run for the file of each test: a test may be defined by another one. */
export default async function* report(events) {
  let waiting = [];
  for await (const event of events) {
    if (event.type === "test:summary" && event.data.file) {
      const { file } = event.data;
      for (const each of waiting) yield line({ ...each, file, line: each.file === file ? each.line : null });
      waiting = [];
    }
    for (const each of told(event)) {
      if (each.kind === "coverage" || each.file.endsWith(`/${each.name}`)) yield line(each);
      else waiting.push(each);
    }
  }
  for (const each of waiting) yield line(each);
}

function line(each) {
  return `${JSON.stringify(each)}\n`;
}
