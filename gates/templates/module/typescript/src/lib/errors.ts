import { AxonError, type AxonErrorOptions } from "@axon/core";

import { SLUG } from "./identity.js";

/** The root of this module's errors; the code is the slug and the reason. */
export class ModuleError extends AxonError {
  constructor(
    reason: string,
    message: string,
    options: Omit<AxonErrorOptions, "code">,
  ) {
    super(message, { ...options, code: `${SLUG}.${reason}` });
  }
}

export class InvalidEnvironmentError extends ModuleError {
  constructor(variables: readonly string[]) {
    const message = `missing or invalid: ${variables.join(", ")}`;
    super("invalid_environment", message, { status: 503 });
  }
}

export class InvalidSettingsError extends ModuleError {
  constructor(problems: string) {
    super("invalid_settings", problems, { status: 500 });
  }
}

export class UnexpectedRowError extends ModuleError {
  constructor(statement: string, cause: unknown) {
    const message = `statement ${statement} returned an unexpected row`;
    super("unexpected_row", message, { status: 500, cause });
  }
}
