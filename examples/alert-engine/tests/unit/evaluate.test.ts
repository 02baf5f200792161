import { expect, test } from "vitest";

import {
  InvalidRequestError,
  UnexpectedRowError,
} from "../../src/lib/errors.js";
import { evaluateJob } from "../../src/jobs/evaluate.js";
import { isBreached, type ObservedRule } from "../../src/lib/rule.js";
import { contextOf, TENANT } from "../support/context.js";

const rule: ObservedRule = {
  id: "1",
  name: "cpu",
  metric: "cpu.load",
  comparator: "above",
  threshold: 1,
  severity: "critical",
  staleAfterSeconds: 300,
  enabled: true,
  version: 1,
  lastValue: 1,
  lastObservedAt: new Date(),
};

const row = {
  tenant_id: TENANT,
  id: "1",
  name: "cpu",
  metric: "cpu.load",
  comparator: "above",
  threshold: 1,
  severity: "critical",
  stale_after_seconds: 300,
  enabled: true,
  version: 1,
  last_value: 2,
  last_observed_at: new Date(),
};

test.each([
  ["above", 1, false],
  ["above", 1.1, true],
  ["below", 1, false],
  ["below", 0.9, true],
] as const)(
  "%s the threshold 1: %d is breached: %s",
  (comparator, lastValue, expected) => {
    expect(isBreached({ ...rule, comparator, lastValue })).toBe(expected);
  },
);

test("only the metrics of the job are evaluated", async () => {
  const context = contextOf();
  context.database.rules.push({ ...row });
  await evaluateJob.handler({ metrics: ["disk.used"] }, context);
  expect(context.database.alerts).toEqual([]);
  await evaluateJob.handler({ metrics: ["cpu.load"] }, context);
  expect(context.database.alerts).toHaveLength(1);
});

test("muted metrics open nothing", async () => {
  const context = contextOf({ muted_metrics: ["cpu.load"] });
  context.database.rules.push({ ...row });
  await evaluateJob.handler(undefined, context);
  expect(context.published).toEqual([]);
});

test("an alert stays open where the tenant resolves by hand", async () => {
  const context = contextOf({ evaluation: { auto_resolve: false } });
  context.database.rules.push({ ...row });
  await evaluateJob.handler(undefined, context);
  context.database.rules.splice(0, 1, { ...row, last_value: 0 });
  await evaluateJob.handler(undefined, context);
  expect(context.database.alerts).toMatchObject([{ status: "open" }]);
});

test("data and rows of another shape are refused", async () => {
  const context = contextOf();
  await expect(
    evaluateJob.handler({ metrics: "all" }, context),
  ).rejects.toThrow(InvalidRequestError);
  context.database.rules.push({ ...row, severity: "loud" });
  await expect(evaluateJob.handler(undefined, context)).rejects.toThrow(
    UnexpectedRowError,
  );
});
