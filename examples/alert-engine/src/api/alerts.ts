import type {
  RequestContext,
  Route,
  RouteRequest,
  RouteResponse,
} from "@axon/core";
import { trace } from "@opentelemetry/api";
import { z } from "zod";

import { acknowledgeAlert, AlertStatus, findAlerts } from "../lib/alerts.js";
import { AlertNotFoundError } from "../lib/errors.js";
import { SLUG, VERSION } from "../lib/identity.js";
import { logger } from "../lib/logger.js";
import { parseRequest } from "../lib/request.js";
import { inSpan } from "../lib/telemetry.js";

const tracer = trace.getTracer(SLUG, VERSION);

const AlertQuery = z.object({ status: AlertStatus.optional() });
const AlertParams = z.object({ alertId: z.uuid() });

function listAlerts(
  request: RouteRequest,
  context: RequestContext,
): Promise<RouteResponse> {
  return tracer.startActiveSpan("alert-engine.alerts.list", (span) =>
    inSpan(span, async () => {
      const { status } = parseRequest(AlertQuery, request.query);
      return {
        status: 200,
        body: { alerts: await findAlerts(context, status) },
      };
    }),
  );
}

function acknowledge(
  request: RouteRequest,
  context: RequestContext,
): Promise<RouteResponse> {
  return tracer.startActiveSpan("alert-engine.alerts.acknowledge", (span) =>
    inSpan(span, async () => {
      const { alertId } = parseRequest(AlertParams, request.params);
      const alert = await acknowledgeAlert(context, alertId);
      if (alert === undefined) {
        throw new AlertNotFoundError(alertId);
      }
      logger.forContext(context).info("alert acknowledged", { alertId });
      await context.publish("alert-engine.alert.acknowledged", {
        alertId,
        ruleId: alert.ruleId,
      });
      return { status: 200, body: alert };
    }),
  );
}

export const alertRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/api/alert-engine/alerts",
    description:
      "Lists the tenant's alerts, newest first, of one status where asked.",
    authenticated: true,
    permissions: ["alert-engine:alerts:read"],
    handler: listAlerts,
  },
  {
    method: "POST",
    path: "/api/alert-engine/alerts/:alertId/acknowledge",
    description: "Acknowledges an open alert.",
    authenticated: true,
    permissions: ["alert-engine:alerts:write"],
    handler: acknowledge,
  },
];
