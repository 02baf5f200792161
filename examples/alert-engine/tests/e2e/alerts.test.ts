import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { register } from "../../src/index.js";
import { SIGNATURE_HEADER, sign } from "../../src/lib/signature.js";
import {
  contextOf,
  OTHER_TENANT,
  TENANT,
  type TestContext,
} from "../support/context.js";
import { FakeDatabase } from "../support/database.js";
import { type Host, serve } from "./host.js";

const queue = vi.hoisted(() => ({ add: vi.fn(), close: vi.fn(), on: vi.fn() }));
vi.mock("bullmq", () => ({
  Queue: class {
    add = queue.add;
    close = queue.close;
    on = queue.on;
  },
}));

const CPU_RULE = {
  name: "cpu",
  metric: "cpu.load",
  comparator: "above",
  threshold: 0.9,
};

let host: Host;
let contexts: Map<string, TestContext>;

beforeEach(async () => {
  vi.stubEnv("ALERT_ENGINE_REDIS_URL", "redis://127.0.0.1:6379");
  const database = new FakeDatabase();
  contexts = new Map([
    [TENANT, contextOf({}, { tenantId: TENANT, database })],
    [OTHER_TENANT, contextOf({}, { tenantId: OTHER_TENANT, database })],
  ]);
  host = await serve(register(), (request) =>
    contextFor(String(request.headers["x-tenant"])),
  );
});

afterEach(async () => {
  await register().shutdown?.();
  await host.close();
  vi.unstubAllEnvs();
  vi.clearAllMocks();
});

function contextFor(tenant: string): TestContext {
  return contexts.get(tenant) ?? contextOf({}, { tenantId: tenant });
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${host.url}/api/alert-engine${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      "x-tenant": TENANT,
      ...headers,
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function runScheduledJob(): Promise<void> {
  await register().jobs[0]?.handler(undefined, contextFor(TENANT));
}

function samples(value: number): unknown {
  return {
    samples: [
      { metric: "cpu.load", value, observedAt: new Date().toISOString() },
    ],
  };
}

test("an alert opens, is acknowledged, and resolves when the metric recovers", async () => {
  expect(await call("POST", "/rules", CPU_RULE)).toMatchObject({
    status: 201,
    body: { id: "1", severity: "warning", staleAfterSeconds: 300 },
  });

  expect(await call("POST", "/samples", samples(0.95))).toEqual({
    status: 202,
    body: { received: 1, watchedMetrics: ["cpu.load"] },
  });
  expect(queue.add).toHaveBeenCalledWith(
    "evaluate",
    { tenantId: TENANT, correlationId: "test", metrics: ["cpu.load"] },
    expect.objectContaining({ attempts: 3 }),
  );

  await runScheduledJob();
  await runScheduledJob();
  const open = await call("GET", "/alerts?status=open");
  expect(open.body).toMatchObject({
    alerts: [{ ruleId: "1", status: "open" }],
  });

  const { alerts } = open.body as { alerts: { id: string }[] };
  const path = `/alerts/${String(alerts[0]?.id)}/acknowledge`;
  expect(await call("POST", path)).toMatchObject({
    status: 200,
    body: { status: "acknowledged" },
  });
  expect(await call("POST", path)).toMatchObject({ status: 404 });

  await call("POST", "/samples", samples(0.2));
  await runScheduledJob();
  expect((await call("GET", "/alerts")).body).toMatchObject({
    alerts: [{ status: "resolved" }],
  });
  expect(contextFor(TENANT).published).toEqual([
    "alert-engine.alert.opened",
    "alert-engine.alert.acknowledged",
    "alert-engine.alert.resolved",
  ]);
});

test("a tenant neither sees nor changes the rule of another", async () => {
  await call("POST", "/rules", CPU_RULE);
  const other = { "x-tenant": OTHER_TENANT };
  expect((await call("GET", "/rules", undefined, other)).body).toEqual({
    rules: [],
  });
  const change = { version: 1, threshold: 0 };
  expect(await call("PATCH", "/rules/1", change, other)).toMatchObject({
    status: 404,
    body: { error: "alert-engine.rule_not_found" },
  });
});

test("a rule changes only from the version that was read", async () => {
  await call("POST", "/rules", CPU_RULE);
  const change = { version: 1, threshold: 0.5, enabled: false };
  expect(await call("PATCH", "/rules/1", change)).toMatchObject({
    status: 200,
    body: { threshold: 0.5, enabled: false, comparator: "above", version: 2 },
  });
  expect(await call("PATCH", "/rules/1", change)).toMatchObject({
    status: 409,
    body: { error: "alert-engine.rule_changed" },
  });
  expect(await call("POST", "/rules", CPU_RULE)).toMatchObject({
    status: 409,
    body: { error: "alert-engine.rule_name_taken" },
  });
});

test.each([
  ["POST", "/rules", { ...CPU_RULE, comparator: "beside" }],
  ["POST", "/rules", { ...CPU_RULE, unknown: true }],
  ["PATCH", "/rules/none", { version: 1 }],
  ["POST", "/samples", { samples: [] }],
  ["POST", "/alerts/none/acknowledge", undefined],
  ["GET", "/alerts?status=lost", undefined],
])("%s %s refuses %j", async (method, path, body) => {
  expect(await call(method, path, body)).toMatchObject({
    status: 400,
    body: { error: "alert-engine.invalid_request" },
  });
});

test.each([
  ["refuses", () => Promise.reject(new Error("connection refused"))],
  ["never answers", () => new Promise<never>(() => undefined)],
])("samples are kept when the queue %s", async (_how, add) => {
  queue.add.mockImplementationOnce(add);
  await call("POST", "/rules", CPU_RULE);
  expect(await call("POST", "/samples", samples(0.95))).toMatchObject({
    status: 202,
  });
  await runScheduledJob();
  expect((await call("GET", "/alerts")).body).toMatchObject({
    alerts: [{ status: "open" }],
  });
});

test("signed samples are accepted, others refused, where the tenant asks for signatures", async () => {
  const shared = "an example of a shared secret";
  const settings = {
    ingest: { require_signature: true, signing_secret: shared },
  };
  contexts.set(TENANT, contextOf(settings));
  const body = samples(0.5);
  expect(await call("POST", "/samples", body)).toMatchObject({ status: 401 });
  const signature = { [SIGNATURE_HEADER]: sign(JSON.stringify(body), shared) };
  expect(await call("POST", "/samples", body, signature)).toMatchObject({
    status: 202,
  });
});

test("health answers, an unknown path does not", async () => {
  expect(await call("GET", "/health")).toEqual({
    status: 200,
    body: { status: "ok", module: "alert-engine", version: "1.0.0" },
  });
  expect(await call("GET", "/nothing")).toMatchObject({ status: 404 });
});
