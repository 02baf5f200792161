export interface AxonErrorOptions {
  /** Stable, machine-readable: `<module>.<reason>`. */
  readonly code?: string;
  /** HTTP status that the host answers with. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** The root of every error a module may throw. */
export declare class AxonError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(message: string, options?: AxonErrorOptions);
}

/** A queue name that does not have the form `tenant:<module>:<job>`. */
export declare class InvalidQueueNameError extends AxonError {
  constructor(queue: string);
}

/** A named, parameterised SQL statement. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A connection whose claims are those of one tenant; row level security applies. */
export interface TenantDatabase {
  query(
    statement: Statement,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** What the host knows about one request or one run of a job. */
export interface RequestContext {
  readonly tenantId: string;
  readonly userId?: string;
  readonly correlationId: string;
  readonly database: TenantDatabase;
  /** The tenant's settings, already validated by the module's module_schema.json. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Publish an event that the manifest lists under `events.publishes`. */
  publish(
    event: string,
    payload: Readonly<Record<string, unknown>>,
  ): Promise<void>;
}

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RouteRequest {
  /** Values of the `:name` segments of the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or undefined where the request had no body. */
  readonly body: unknown;
  /** The body as it was sent, for signatures. */
  readonly rawBody: string;
}

export interface RouteResponse {
  readonly status: number;
  readonly body?: unknown;
}

export interface Route {
  readonly method: HttpMethod;
  readonly path: string;
  readonly description: string;
  readonly authenticated: boolean;
  readonly permissions: readonly string[];
  readonly handler: (
    request: RouteRequest,
    context: RequestContext,
  ) => Promise<RouteResponse>;
}

export interface Job {
  readonly name: string;
  /** Platform queue name, `tenant:<module>:<job>`. */
  readonly queue: string;
  /** Five-field cron expression, UTC. */
  readonly schedule: string;
  readonly handler: (data: unknown, context: RequestContext) => Promise<void>;
}

export interface ModuleRegistration {
  readonly slug: string;
  readonly version: string;
  readonly routes: readonly Route[];
  readonly jobs: readonly Job[];
  /** Path of the route that answers the platform's health check. */
  readonly health?: string;
  /** Called before the host stops or unloads the module. */
  readonly shutdown?: () => Promise<void>;
}

/** Split a platform queue name into BullMQ's queue name and key prefix. */
export declare function tenantQueue(queue: string): {
  name: string;
  prefix: string;
};
