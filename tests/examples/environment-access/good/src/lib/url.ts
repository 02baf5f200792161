import { readEnvironment } from "../env.js";

const request = { env: "production" };

// process.env is read in src/env.ts alone.
export function url(): string {
  return `${request.env} ${String(readEnvironment().SAMPLE_MODULE_MAX_TITLE_LENGTH)}`;
}
