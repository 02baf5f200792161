import { type Exception, type Span, SpanStatusCode } from "@opentelemetry/api";

/** Run the work of a span that was just started; end it, with the failure if there was one. */
export function inSpan<T>(span: Span, work: () => Promise<T>): Promise<T> {
  const running = work();
  running.then(
    () => {
      span.end();
    },
    (reason: unknown) => {
      const exception: Exception =
        reason instanceof Error ? reason : String(reason);
      span.recordException(exception);
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  );
  return running;
}
