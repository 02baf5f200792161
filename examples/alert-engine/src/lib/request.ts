import { z } from "zod";

import { InvalidRequestError } from "./errors.js";

/** Check a part of a request; every problem is named in one answer. */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) {
    throw new InvalidRequestError(z.prettifyError(result.error));
  }
  return result.data;
}
