import type { RequestContext } from "@axon/core";
import { z } from "zod";

import { query } from "./query.js";
import { type ObservedRule, Severity } from "./rule.js";

export const AlertStatus = z.enum(["open", "acknowledged", "resolved"]);

export interface Alert {
  readonly id: string;
  readonly ruleId: string;
  readonly status: z.infer<typeof AlertStatus>;
  readonly severity: z.infer<typeof Severity>;
  readonly observedValue: number;
  readonly openedAt: Date;
}

const COLUMNS = "id, rule_id, status, severity, observed_value, created_at";

const AlertRow = z
  .object({
    id: z.string(),
    rule_id: z.string(),
    status: AlertStatus,
    severity: Severity,
    observed_value: z.number(),
    created_at: z.date(),
  })
  .transform((row): Alert => ({
    id: row.id,
    ruleId: row.rule_id,
    status: row.status,
    severity: row.severity,
    observedValue: row.observed_value,
    openedAt: row.created_at,
  }));

export function findAlerts(
  context: RequestContext,
  status?: Alert["status"],
): Promise<readonly Alert[]> {
  return query(context, AlertRow, {
    name: "alert-engine.find-alerts",
    text: `SELECT ${COLUMNS} FROM tenant_alert_engine_alerts
           WHERE tenant_id = $1 AND ($2::text IS NULL OR status = $2)
           ORDER BY created_at DESC LIMIT 200`,
    values: [context.tenantId, status],
  });
}

/** The new alert, or undefined where the rule has one that is not resolved. */
export async function openAlert(
  context: RequestContext,
  rule: ObservedRule,
): Promise<Alert | undefined> {
  const [opened] = await query(context, AlertRow, {
    name: "alert-engine.open-alert",
    text: `INSERT INTO tenant_alert_engine_alerts
             (tenant_id, rule_id, severity, observed_value, observed_at)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (tenant_id, rule_id) WHERE status <> 'resolved' DO NOTHING
           RETURNING ${COLUMNS}`,
    values: [
      context.tenantId,
      rule.id,
      rule.severity,
      rule.lastValue,
      rule.lastObservedAt,
    ],
  });
  return opened;
}

/** The alert as acknowledged, or undefined where there is no open one of that id. */
export async function acknowledgeAlert(
  context: RequestContext,
  id: string,
): Promise<Alert | undefined> {
  const [acknowledged] = await query(context, AlertRow, {
    name: "alert-engine.acknowledge-alert",
    text: `UPDATE tenant_alert_engine_alerts
           SET status = 'acknowledged', acknowledged_at = now(), acknowledged_by = $3,
               version = version + 1
           WHERE tenant_id = $1 AND id = $2 AND status = 'open' RETURNING ${COLUMNS}`,
    values: [context.tenantId, id, context.userId],
  });
  return acknowledged;
}

/** The rule's alert as resolved, or undefined where it has none that is not. */
export async function resolveAlert(
  context: RequestContext,
  ruleId: string,
): Promise<Alert | undefined> {
  const [resolved] = await query(context, AlertRow, {
    name: "alert-engine.resolve-alert",
    text: `UPDATE tenant_alert_engine_alerts
           SET status = 'resolved', resolved_at = now(), version = version + 1
           WHERE tenant_id = $1 AND rule_id = $2 AND status <> 'resolved' RETURNING ${COLUMNS}`,
    values: [context.tenantId, ruleId],
  });
  return resolved;
}
