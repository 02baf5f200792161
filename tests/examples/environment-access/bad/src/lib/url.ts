import { env as variables } from "node:process";

export function url(): string {
  const { env } = process;
  return process.env.SAMPLE_MODULE_URL ?? env["X"] ?? variables.Y ?? "";
}

export const other = process["env"].OTHER;
