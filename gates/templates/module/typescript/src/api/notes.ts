import type {
  RequestContext,
  Route,
  RouteRequest,
  RouteResponse,
} from "@axon/core";
import { trace } from "@opentelemetry/api";

import { env } from "../env.js";
import { SLUG, VERSION } from "../lib/identity.js";
import { findNotes } from "../lib/notes.js";
import { inSpan } from "../lib/telemetry.js";

const tracer = trace.getTracer(SLUG, VERSION);

function listNotes(
  _request: RouteRequest,
  context: RequestContext,
): Promise<RouteResponse> {
  return tracer.startActiveSpan(`${SLUG}.notes.list`, (span) =>
    inSpan(span, async () => {
      const notes = await findNotes(context, env().listLimit);
      return { status: 200, body: { notes } };
    }),
  );
}

export const noteRoutes: readonly Route[] = [
  {
    method: "GET",
    path: `/api/${SLUG}/notes`,
    description: "Lists the tenant's notes, newest first.",
    authenticated: true,
    permissions: [`${SLUG}:notes:read`],
    handler: listNotes,
  },
];
