import type { Route, RouteResponse } from "@axon/core";
import { trace } from "@opentelemetry/api";

import { SLUG, VERSION } from "../lib/identity.js";
import { inSpan } from "../lib/telemetry.js";

const tracer = trace.getTracer(SLUG, VERSION);

export const HEALTH_PATH = "/api/alert-engine/health";

function checkHealth(): Promise<RouteResponse> {
  return tracer.startActiveSpan("alert-engine.health.check", (span) =>
    inSpan(span, () =>
      Promise.resolve({
        status: 200,
        body: { status: "ok", module: SLUG, version: VERSION },
      }),
    ),
  );
}

export const healthRoutes: readonly Route[] = [
  {
    method: "GET",
    path: HEALTH_PATH,
    description: "Answers that the module is loaded, and its version.",
    authenticated: false,
    permissions: [],
    handler: checkHealth,
  },
];
