import type { RequestContext } from "@axon/core";
import { z } from "zod";

import { InvalidSettingsError } from "./errors.js";

/** The same contract as module_schema.json, with its defaults filled in. */
const Settings = z.object({
  archive_after_days: z.number().int().min(1).max(3650).default(90),
});

export type Settings = z.infer<typeof Settings>;

export function settingsOf(context: RequestContext): Settings {
  const result = Settings.safeParse(context.settings);
  if (!result.success) {
    throw new InvalidSettingsError(z.prettifyError(result.error));
  }
  return result.data;
}
