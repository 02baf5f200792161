import type { RequestContext, RouteRequest } from "@axon/core";

import { FakeDatabase } from "./database.js";

export const TENANT = "11111111-1111-4111-8111-111111111111";
export const OTHER_TENANT = "22222222-2222-4222-8222-222222222222";
export const USER = "33333333-3333-4333-8333-333333333333";

export interface TestContext extends RequestContext {
  readonly database: FakeDatabase;
  /** Names of the events published so far. */
  readonly published: string[];
}

export function contextOf(
  settings: RequestContext["settings"] = {},
  { tenantId = TENANT, database = new FakeDatabase() } = {},
): TestContext {
  const published: string[] = [];
  return {
    tenantId,
    userId: USER,
    correlationId: "test",
    database,
    settings,
    published,
    publish: (event) => {
      published.push(event);
      return Promise.resolve();
    },
  };
}

export function requestOf(parts: Partial<RouteRequest> = {}): RouteRequest {
  return {
    params: {},
    query: {},
    headers: {},
    body: undefined,
    rawBody: parts.body === undefined ? "" : JSON.stringify(parts.body),
    ...parts,
  };
}
