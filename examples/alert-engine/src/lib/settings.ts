import type { RequestContext } from "@axon/core";
import { z } from "zod";

import { InvalidSettingsError } from "./errors.js";

/** The same contract as module_schema.json, with its defaults filled in. */
const Settings = z.object({
  default_severity: z.enum(["info", "warning", "critical"]).default("warning"),
  muted_metrics: z.array(z.string()).default([]),
  evaluation: z
    .object({
      stale_after_seconds: z.number().int().min(60).max(86400).default(300),
      auto_resolve: z.boolean().default(true),
    })
    .prefault({}),
  ingest: z
    .object({
      require_signature: z.boolean().default(false),
      signing_secret: z.string().min(16).optional(),
    })
    .prefault({}),
});

export type Settings = z.infer<typeof Settings>;

export function settingsOf(context: RequestContext): Settings {
  const result = Settings.safeParse(context.settings);
  if (!result.success) {
    throw new InvalidSettingsError(z.prettifyError(result.error));
  }
  return result.data;
}
