import type {
  RequestContext,
  Route,
  RouteRequest,
  RouteResponse,
} from "@axon/core";
import { trace } from "@opentelemetry/api";
import { z } from "zod";

import {
  RuleChangedError,
  RuleNameTakenError,
  RuleNotFoundError,
} from "../lib/errors.js";
import { SLUG, VERSION } from "../lib/identity.js";
import { logger } from "../lib/logger.js";
import { parseRequest } from "../lib/request.js";
import { Comparator, Severity } from "../lib/rule.js";
import { findRule, findRules, insertRule, updateRule } from "../lib/rules.js";
import { settingsOf } from "../lib/settings.js";
import { inSpan } from "../lib/telemetry.js";

const tracer = trace.getTracer(SLUG, VERSION);

const StaleAfterSeconds = z.number().int().min(60).max(86400);

const NewRuleBody = z.strictObject({
  name: z.string().trim().min(1).max(120),
  metric: z.string().regex(/^[a-z][a-z0-9_.]{0,99}$/),
  comparator: Comparator,
  threshold: z.number(),
  severity: Severity.optional(),
  staleAfterSeconds: StaleAfterSeconds.optional(),
});

const RuleChangeBody = z.strictObject({
  version: z.number().int().min(1),
  threshold: z.number().optional(),
  severity: Severity.optional(),
  staleAfterSeconds: StaleAfterSeconds.optional(),
  enabled: z.boolean().optional(),
});

const RuleParams = z.object({ ruleId: z.string().regex(/^[1-9][0-9]{0,17}$/) });

function listRules(
  _request: RouteRequest,
  context: RequestContext,
): Promise<RouteResponse> {
  return tracer.startActiveSpan("alert-engine.rules.list", (span) =>
    inSpan(span, async () => ({
      status: 200,
      body: { rules: await findRules(context) },
    })),
  );
}

function createRule(
  request: RouteRequest,
  context: RequestContext,
): Promise<RouteResponse> {
  return tracer.startActiveSpan("alert-engine.rules.create", (span) =>
    inSpan(span, async () => {
      const body = parseRequest(NewRuleBody, request.body);
      const { default_severity, evaluation } = settingsOf(context);
      const rule = await insertRule(context, {
        ...body,
        severity: body.severity ?? default_severity,
        staleAfterSeconds:
          body.staleAfterSeconds ?? evaluation.stale_after_seconds,
      });
      if (rule === undefined) {
        throw new RuleNameTakenError(body.name);
      }
      logger.forContext(context).info("rule created", { ruleId: rule.id });
      return { status: 201, body: rule };
    }),
  );
}

function changeRule(
  request: RouteRequest,
  context: RequestContext,
): Promise<RouteResponse> {
  return tracer.startActiveSpan("alert-engine.rules.change", (span) =>
    inSpan(span, async () => {
      const { ruleId } = parseRequest(RuleParams, request.params);
      const { version, ...change } = parseRequest(RuleChangeBody, request.body);
      const rule = await updateRule(context, ruleId, version, change);
      if (rule !== undefined) {
        logger.forContext(context).info("rule changed", { ruleId });
        return { status: 200, body: rule };
      }
      if ((await findRule(context, ruleId)) === undefined) {
        throw new RuleNotFoundError(ruleId);
      }
      throw new RuleChangedError(ruleId);
    }),
  );
}

export const ruleRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/api/alert-engine/rules",
    description: "Lists the tenant's rules, newest first.",
    authenticated: true,
    permissions: ["alert-engine:rules:read"],
    handler: listRules,
  },
  {
    method: "POST",
    path: "/api/alert-engine/rules",
    description: "Creates a rule.",
    authenticated: true,
    permissions: ["alert-engine:rules:write"],
    handler: createRule,
  },
  {
    method: "PATCH",
    path: "/api/alert-engine/rules/:ruleId",
    description: "Changes a rule, unless someone else did since it was read.",
    authenticated: true,
    permissions: ["alert-engine:rules:write"],
    handler: changeRule,
  },
];
