import type { Job, RequestContext } from "@axon/core";
import { trace } from "@opentelemetry/api";
import { z } from "zod";

import { openAlert, resolveAlert } from "../lib/alerts.js";
import { SLUG, VERSION } from "../lib/identity.js";
import { logger } from "../lib/logger.js";
import { EVALUATE_QUEUE } from "../lib/queue.js";
import { parseRequest } from "../lib/request.js";
import { isBreached, type ObservedRule } from "../lib/rule.js";
import { findObservedRules } from "../lib/rules.js";
import { settingsOf, type Settings } from "../lib/settings.js";
import { inSpan } from "../lib/telemetry.js";

const tracer = trace.getTracer(SLUG, VERSION);

/** A scheduled run has no data and evaluates every metric. */
const JobData = z
  .object({ metrics: z.array(z.string()).optional() })
  .default({});

function evaluate(data: unknown, context: RequestContext): Promise<void> {
  return tracer.startActiveSpan("alert-engine.evaluate", (span) =>
    inSpan(span, async () => {
      const { metrics } = parseRequest(JobData, data);
      const settings = settingsOf(context);
      const rules = await findObservedRules(context, metrics);
      span.setAttribute("alert-engine.rules", rules.length);
      for (const rule of rules) {
        if (!settings.muted_metrics.includes(rule.metric)) {
          await evaluateRule(rule, settings, context);
        }
      }
    }),
  );
}

/** Safe to repeat: an alert that is already open or resolved stays as it is. */
async function evaluateRule(
  rule: ObservedRule,
  settings: Settings,
  context: RequestContext,
): Promise<void> {
  const log = logger.forContext(context);
  if (isBreached(rule)) {
    const alert = await openAlert(context, rule);
    if (alert !== undefined) {
      log.warn("alert opened", {
        alertId: alert.id,
        ruleId: rule.id,
        severity: rule.severity,
      });
      await context.publish("alert-engine.alert.opened", {
        alertId: alert.id,
        ruleId: rule.id,
      });
    }
  } else if (settings.evaluation.auto_resolve) {
    const alert = await resolveAlert(context, rule.id);
    if (alert !== undefined) {
      log.info("alert resolved", { alertId: alert.id, ruleId: rule.id });
      await context.publish("alert-engine.alert.resolved", {
        alertId: alert.id,
        ruleId: rule.id,
      });
    }
  }
}

export const evaluateJob: Job = {
  name: "evaluate",
  queue: EVALUATE_QUEUE,
  schedule: "* * * * *",
  handler: evaluate,
};
