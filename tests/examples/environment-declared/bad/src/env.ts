import { z } from "zod";

const Length = z.coerce.number().int().default(300);

const schema = z.object({
  SAMPLE_MODULE_MAX_TITLE_LENGTH: Length,
  SAMPLE_MODULE_API_TOKEN: z.string().min(20),
  SAMPLE_MODULE_SENTRY_URL: z.url().optional(),
});

export type Environment = z.infer<typeof schema>;

/** The environment of the module; throws where it is not valid. */
export function readEnvironment(): Environment {
  return schema.parse(process.env);
}
