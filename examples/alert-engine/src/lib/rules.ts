import type { RequestContext, Statement } from "@axon/core";
import { z } from "zod";

import { query } from "./query.js";
import {
  Comparator,
  type ObservedRule,
  type Rule,
  type Sample,
  Severity,
} from "./rule.js";

const COLUMNS =
  "id, name, metric, comparator, threshold, severity, stale_after_seconds, enabled, version";

const RuleColumns = z.object({
  id: z.string(),
  name: z.string(),
  metric: z.string(),
  comparator: Comparator,
  threshold: z.number(),
  severity: Severity,
  stale_after_seconds: z.number(),
  enabled: z.boolean(),
  version: z.number(),
});

function toRule(row: z.infer<typeof RuleColumns>): Rule {
  const { stale_after_seconds: staleAfterSeconds, ...same } = row;
  return { ...same, staleAfterSeconds };
}

const RuleRow = RuleColumns.transform(toRule);

const ObservedRuleRow = RuleColumns.extend({
  last_value: z.number(),
  last_observed_at: z.date(),
}).transform(
  ({
    last_value: lastValue,
    last_observed_at: lastObservedAt,
    ...row
  }): ObservedRule => ({
    ...toRule(row),
    lastValue,
    lastObservedAt,
  }),
);

export type NewRule = Omit<Rule, "id" | "version" | "enabled">;

/** What is undefined stays as it is. */
export interface RuleChange {
  readonly threshold?: number | undefined;
  readonly severity?: Rule["severity"] | undefined;
  readonly staleAfterSeconds?: number | undefined;
  readonly enabled?: boolean | undefined;
}

export function findRules(context: RequestContext): Promise<readonly Rule[]> {
  return query(context, RuleRow, {
    name: "alert-engine.find-rules",
    text: `SELECT ${COLUMNS} FROM tenant_alert_engine_rules
           WHERE tenant_id = $1 ORDER BY created_at DESC, id LIMIT 200`,
    values: [context.tenantId],
  });
}

export async function findRule(
  context: RequestContext,
  id: string,
): Promise<Rule | undefined> {
  const [rule] = await query(context, RuleRow, {
    name: "alert-engine.find-rule",
    text: `SELECT ${COLUMNS} FROM tenant_alert_engine_rules WHERE tenant_id = $1 AND id = $2`,
    values: [context.tenantId, id],
  });
  return rule;
}

/** The new rule, or undefined where the name is taken. */
export async function insertRule(
  context: RequestContext,
  rule: NewRule,
): Promise<Rule | undefined> {
  const [inserted] = await query(context, RuleRow, {
    name: "alert-engine.insert-rule",
    text: `INSERT INTO tenant_alert_engine_rules
             (tenant_id, name, metric, comparator, threshold, severity, stale_after_seconds)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (tenant_id, name) DO NOTHING RETURNING ${COLUMNS}`,
    values: [
      context.tenantId,
      rule.name,
      rule.metric,
      rule.comparator,
      rule.threshold,
      rule.severity,
      rule.staleAfterSeconds,
    ],
  });
  return inserted;
}

/** The changed rule, or undefined where there is none of that id and version. */
export async function updateRule(
  context: RequestContext,
  id: string,
  version: number,
  change: RuleChange,
): Promise<Rule | undefined> {
  const [updated] = await query(context, RuleRow, {
    name: "alert-engine.update-rule",
    text: `UPDATE tenant_alert_engine_rules
           SET threshold = coalesce($4, threshold), severity = coalesce($5, severity),
               stale_after_seconds = coalesce($6, stale_after_seconds),
               enabled = coalesce($7, enabled), version = version + 1
           WHERE tenant_id = $1 AND id = $2 AND version = $3 RETURNING ${COLUMNS}`,
    values: [
      context.tenantId,
      id,
      version,
      change.threshold,
      change.severity,
      change.staleAfterSeconds,
      change.enabled,
    ],
  });
  return updated;
}

/** Note a sample on the rules of its metric, unless they have a newer one. */
export function recordSample(
  context: RequestContext,
  sample: Sample,
): Promise<readonly Rule[]> {
  return query(context, RuleRow, {
    name: "alert-engine.record-sample",
    text: `UPDATE tenant_alert_engine_rules SET last_value = $3, last_observed_at = $4
           WHERE tenant_id = $1 AND metric = $2
             AND (last_observed_at IS NULL OR last_observed_at < $4) RETURNING ${COLUMNS}`,
    values: [context.tenantId, sample.metric, sample.value, sample.observedAt],
  });
}

/** Enabled rules whose latest sample is fresh; of these metrics only, where some are given. */
export function findObservedRules(
  context: RequestContext,
  metrics?: readonly string[],
): Promise<readonly ObservedRule[]> {
  const statement: Statement = {
    name: "alert-engine.find-observed-rules",
    text: `SELECT ${COLUMNS}, last_value, last_observed_at FROM tenant_alert_engine_rules
           WHERE tenant_id = $1 AND enabled AND ($2::text[] IS NULL OR metric = ANY ($2))
             AND last_observed_at > now() - make_interval(secs => stale_after_seconds)
           ORDER BY id`,
    values: [context.tenantId, metrics],
  };
  return query(context, ObservedRuleRow, statement);
}
