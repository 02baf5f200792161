import { randomUUID } from "node:crypto";

const LEVELS = ["debug", "info", "warn", "error"];

/** JSON has no form for an Error; name, code and message are what a log needs. */
function plain(_key, value) {
  if (value instanceof Error) {
    return { name: value.name, code: value.code, message: value.message };
  }
  return typeof value === "bigint" ? value.toString() : value;
}

/**
 * A logger that writes one JSON object per line.
 *
 * @param {{
 *   module: string,
 *   level?: "debug" | "info" | "warn" | "error",
 *   write?: (line: string) => void,
 *   now?: () => Date,
 * }} options
 */
export function createLogger({
  module,
  level = "info",
  write = (line) => process.stdout.write(line),
  now = () => new Date(),
}) {
  const least = LEVELS.indexOf(level);

  function bind(fields) {
    const log = (name, message, more) => {
      if (LEVELS.indexOf(name) < least) {
        return;
      }
      const entry = {
        time: now().toISOString(),
        level: name,
        module,
        message,
        ...fields,
        ...more,
      };
      const line = {
        ...entry,
        correlationId: entry.correlationId ?? randomUUID(),
      };
      write(`${JSON.stringify(line, plain)}\n`);
    };
    return {
      debug: (message, more) => log("debug", message, more),
      info: (message, more) => log("info", message, more),
      warn: (message, more) => log("warn", message, more),
      error: (message, more) => log("error", message, more),
      child: (more) => bind({ ...fields, ...more }),
      forContext: ({ tenantId, userId, correlationId }) =>
        bind({ ...fields, tenantId, userId, correlationId }),
    };
  }

  return bind({});
}
