import { z } from "zod";

const Note = z.object({ title: z.string() });

export function load(row: unknown): string {
  return Note.parse(row).title;
}

export async function save(write: () => Promise<void>): Promise<void> {
  await write();
}
