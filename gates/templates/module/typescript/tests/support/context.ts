import type {
  RequestContext,
  RouteRequest,
  Statement,
  TenantDatabase,
} from "@axon/core";

export const TENANT = "11111111-1111-4111-8111-111111111111";

export const REQUEST: RouteRequest = {
  params: {},
  query: {},
  headers: {},
  body: undefined,
  rawBody: "",
};

/** Keeps the notes of a tenant; the SQL itself is proven on PostgreSQL by the gate. */
export class FakeDatabase implements TenantDatabase {
  rows: Record<string, unknown>[] = [
    { id: "1", title: "first", archived_at: null },
  ];
  readonly statements: Statement[] = [];

  query(statement: Statement): Promise<Record<string, unknown>[]> {
    this.statements.push(statement);
    if (statement.name.endsWith("archive-notes")) {
      this.rows = this.rows.map((row) => ({ ...row, archived_at: new Date() }));
    }
    return Promise.resolve(this.rows);
  }
}

export function contextOf(
  database: FakeDatabase,
  settings: RequestContext["settings"] = {},
): RequestContext {
  return {
    tenantId: TENANT,
    correlationId: "test",
    database,
    settings,
    publish: () => Promise.resolve(),
  };
}
