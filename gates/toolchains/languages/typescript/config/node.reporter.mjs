// Prints what node:test tells, as lines of JSON: each test that ended, and what was covered.
const KINDS = new Set(["test:pass", "test:fail", "test:coverage"]);

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (!KINDS.has(type)) continue;
    const error = data.details?.error;
    const cause = error?.cause instanceof Error ? error.cause : error;
    const message = error && { message: String(cause.message), stack: String(cause.stack) };
    yield `${JSON.stringify({ type, ...data, details: data.details?.type, error: message })}\n`;
  }
}
