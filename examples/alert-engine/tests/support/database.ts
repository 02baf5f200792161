import { randomUUID } from "node:crypto";

import type { Statement, TenantDatabase } from "@axon/core";

type Row = Record<string, unknown>;
type Answer = (values: readonly unknown[]) => Row[];

/**
 * Answers the module's statements, by name, from two arrays.
 *
 * The SQL itself is proven on PostgreSQL by the gate's database stage.
 */
export class FakeDatabase implements TenantDatabase {
  readonly rules: Row[] = [];
  readonly alerts: Row[] = [];

  query({ name, values }: Statement): Promise<Row[]> {
    const answer = this.answers[name.replace("alert-engine.", "")];
    return answer === undefined
      ? Promise.reject(new Error(`no answer for ${name}`))
      : Promise.resolve(answer(values));
  }

  private readonly answers: Record<string, Answer> = {
    "find-rules": ([tenant]) =>
      this.rules.filter((rule) => rule.tenant_id === tenant),
    "find-rule": ([tenant, id]) =>
      this.rules.filter((rule) => rule.tenant_id === tenant && rule.id === id),
    "insert-rule": ([
      tenant,
      name,
      metric,
      comparator,
      threshold,
      severity,
      stale,
    ]) => {
      if (
        this.rules.some(
          (rule) => rule.tenant_id === tenant && rule.name === name,
        )
      ) {
        return [];
      }
      const rule = {
        tenant_id: tenant,
        id: String(this.rules.length + 1),
        name,
        metric,
        comparator,
        threshold,
        severity,
        stale_after_seconds: stale,
        enabled: true,
        version: 1,
      };
      this.rules.push(rule);
      return [rule];
    },
    "update-rule": ([
      tenant,
      id,
      version,
      threshold,
      severity,
      stale,
      enabled,
    ]) =>
      this.rules
        .filter(
          (rule) =>
            rule.tenant_id === tenant &&
            rule.id === id &&
            rule.version === version,
        )
        .map((rule) =>
          Object.assign(rule, {
            threshold: threshold ?? rule.threshold,
            severity: severity ?? rule.severity,
            stale_after_seconds: stale ?? rule.stale_after_seconds,
            enabled: enabled ?? rule.enabled,
            version: Number(version) + 1,
          }),
        ),
    "record-sample": ([tenant, metric, value, observedAt]) =>
      this.rules
        .filter((rule) => rule.tenant_id === tenant && rule.metric === metric)
        .map((rule) =>
          Object.assign(rule, {
            last_value: value,
            last_observed_at: observedAt,
          }),
        ),
    "find-observed-rules": ([tenant, metrics]) =>
      this.rules.filter(
        (rule) =>
          rule.tenant_id === tenant &&
          rule.enabled === true &&
          rule.last_observed_at !== undefined &&
          (!Array.isArray(metrics) || metrics.includes(rule.metric)),
      ),
    "find-alerts": ([tenant, status]) =>
      this.alerts.filter(
        (alert) =>
          alert.tenant_id === tenant &&
          (status === undefined || alert.status === status),
      ),
    "open-alert": ([tenant, rule, severity, value]) => {
      if (this.unresolved(tenant, rule).length > 0) {
        return [];
      }
      const alert = {
        tenant_id: tenant,
        id: randomUUID(),
        rule_id: rule,
        status: "open",
        severity,
        observed_value: value,
        created_at: new Date(),
      };
      this.alerts.push(alert);
      return [alert];
    },
    "acknowledge-alert": ([tenant, id]) =>
      this.alerts
        .filter(
          (alert) =>
            alert.tenant_id === tenant &&
            alert.id === id &&
            alert.status === "open",
        )
        .map((alert) => Object.assign(alert, { status: "acknowledged" })),
    "resolve-alert": ([tenant, rule]) =>
      this.unresolved(tenant, rule).map((alert) =>
        Object.assign(alert, { status: "resolved" }),
      ),
  };

  private unresolved(tenant: unknown, rule: unknown): Row[] {
    return this.alerts.filter(
      (alert) =>
        alert.tenant_id === tenant &&
        alert.rule_id === rule &&
        alert.status !== "resolved",
    );
  }
}
