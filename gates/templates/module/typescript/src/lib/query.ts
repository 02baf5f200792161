import type { RequestContext, Statement } from "@axon/core";
import { z } from "zod";

import { UnexpectedRowError } from "./errors.js";

/** Run a statement on the tenant's connection and check every row it returns. */
export async function query<T>(
  context: RequestContext,
  row: z.ZodType<T>,
  statement: Statement,
): Promise<readonly T[]> {
  const result = z
    .array(row)
    .safeParse(await context.database.query(statement));
  if (!result.success) {
    throw new UnexpectedRowError(statement.name, result.error);
  }
  return result.data;
}
