import { z } from "zod";

const schema = z.object({
  SAMPLE_MODULE_MAX_TITLE_LENGTH: z.coerce
    .number()
    .int()
    .min(10)
    .max(1000)
    .default(200),
});

export type Environment = z.infer<typeof schema>;

/** The environment of the module; throws where it is not valid. */
export function readEnvironment(): Environment {
  return schema.parse(process.env);
}
