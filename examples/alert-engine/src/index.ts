import type { ModuleRegistration } from "@axon/core";

import { alertRoutes } from "./api/alerts.js";
import { HEALTH_PATH, healthRoutes } from "./api/health.js";
import { ruleRoutes } from "./api/rules.js";
import { sampleRoutes } from "./api/samples.js";
import { evaluateJob } from "./jobs/evaluate.js";
import { SLUG, VERSION } from "./lib/identity.js";
import { closeEvaluationQueue } from "./lib/queue.js";

/** What the module offers. Opens nothing: connections and environment wait for first use. */
export function register(): ModuleRegistration {
  return {
    slug: SLUG,
    version: VERSION,
    routes: [...ruleRoutes, ...sampleRoutes, ...alertRoutes, ...healthRoutes],
    jobs: [evaluateJob],
    health: HEALTH_PATH,
    shutdown: closeEvaluationQueue,
  };
}
