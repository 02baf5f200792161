import type { ModuleRegistration } from "@axon/core";

import { noteRoutes } from "./api/notes.js";
import { archiveJob } from "./jobs/archive.js";
import { SLUG, VERSION } from "./lib/identity.js";

/** What the module offers. Opens nothing: the environment is read on first use. */
export function register(): ModuleRegistration {
  return {
    slug: SLUG,
    version: VERSION,
    routes: noteRoutes,
    jobs: [archiveJob],
  };
}
