import type { Job, RequestContext } from "@axon/core";
import { trace } from "@opentelemetry/api";

import { SLUG, VERSION } from "../lib/identity.js";
import { archiveNotes } from "../lib/notes.js";
import { settingsOf } from "../lib/settings.js";
import { inSpan } from "../lib/telemetry.js";

const tracer = trace.getTracer(SLUG, VERSION);

/** Archive the notes of the age that the tenant has set. Safe to repeat. */
function archive(_data: unknown, context: RequestContext): Promise<void> {
  return tracer.startActiveSpan(`${SLUG}.archive`, (span) =>
    inSpan(span, async () => {
      const days = settingsOf(context).archive_after_days;
      const archived = await archiveNotes(context, days);
      console.log(`archived ${archived.length.toString()}`);
    }),
  );
}

export const archiveJob: Job = {
  name: "archive",
  queue: `tenant:${SLUG}:archive`,
  schedule: "0 3 * * *",
  handler: archive,
};
