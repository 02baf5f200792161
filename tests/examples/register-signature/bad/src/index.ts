export const SLUG = "sample-module";
export const VERSION = "1.0.0";

/** One HTTP endpoint that the platform mounts. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

/** One background job that the platform runs. */
export interface Job {
  readonly name: string;
  readonly queue: string;
}

/** What the platform gets from `register()`. */
export interface Registration {
  readonly slug: string;
  readonly version: number;
  readonly routes: readonly Route[];
  readonly jobs: readonly Job[];
}

/** Tell the platform what this module brings. */
export function register(): Registration {
  return { slug: SLUG, version: 1, routes: [], jobs: [] };
}
