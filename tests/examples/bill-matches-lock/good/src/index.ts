import { z } from "zod";

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
  readonly version: string;
  readonly routes: readonly Route[];
  readonly jobs: readonly Job[];
}

/** Tell the platform what this module brings. */
export function register(): Registration {
  return { slug: SLUG, version: VERSION, routes: [], jobs: [] };
}

/** Whether a text is an address of mail. */
export function isAddress(text: string): boolean {
  return z.email().safeParse(text).success;
}
