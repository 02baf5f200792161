import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What the platform hands to a handler. */
export interface RouteRequest {
  readonly params: Readonly<Record<string, string>>;
}

/** Gives an export that was made earlier. */
export function readExport(request: RouteRequest): Promise<string> {
  const name = request.params["name"] ?? "latest.csv";
  return readFile(join("exports", name), "utf8");
}
