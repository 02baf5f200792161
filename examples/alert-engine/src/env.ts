import { z } from "zod";

import { InvalidEnvironmentError } from "./lib/errors.js";

const Environment = z.object({
  ALERT_ENGINE_REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  ALERT_ENGINE_JOB_ATTEMPTS: z.coerce.number().int().min(1).max(10).default(3),
  ALERT_ENGINE_MAX_SAMPLES: z.coerce
    .number()
    .int()
    .min(1)
    .max(5000)
    .default(500),
});

export type Environment = z.infer<typeof Environment>;

let environment: Environment | undefined;

/** The module's environment, read and checked once, on first use. */
export function env(): Environment {
  environment ??= parseEnvironment(process.env);
  return environment;
}

/** Messages name the variable and never its value, which may be a secret. */
export function parseEnvironment(
  source: Readonly<Record<string, string | undefined>>,
): Environment {
  const result = Environment.safeParse(source);
  if (!result.success) {
    throw new InvalidEnvironmentError(
      result.error.issues.map((issue) => issue.path.join(".")),
    );
  }
  return result.data;
}
