import type { RequestContext } from "@axon/core";
import { z } from "zod";

import { SLUG } from "./identity.js";
import { query } from "./query.js";

const NoteRow = z
  .object({
    id: z.string(),
    title: z.string(),
    archived_at: z.date().nullable(),
  })
  .transform(({ archived_at: archivedAt, ...row }) => ({ ...row, archivedAt }));

export type Note = z.infer<typeof NoteRow>;

/** The newest notes of the tenant; row level security applies to its session. */
export function findNotes(
  context: RequestContext,
  limit: number,
): Promise<readonly Note[]> {
  return query(context, NoteRow, {
    name: `${SLUG}.find-notes`,
    text: `SELECT id, title, archived_at
           FROM tenant_prices
           ORDER BY created_at DESC LIMIT $1`,
    values: [limit],
  });
}

/** Archive the notes that are older, and return them. */
export function archiveNotes(
  context: RequestContext,
  days: number,
): Promise<readonly Note[]> {
  return query(context, NoteRow, {
    name: `${SLUG}.archive-notes`,
    text: `UPDATE tenant_prices
           SET archived_at = now()
           WHERE archived_at IS NULL
             AND created_at < now() - make_interval(days => $1)
           RETURNING id, title, archived_at`,
    values: [days],
  });
}
