import { AxonError, type AxonErrorOptions } from "@axon/core";

/** The root of this module's errors; `reason` becomes the code `alert-engine.<reason>`. */
export class AlertEngineError extends AxonError {
  constructor(
    reason: string,
    message: string,
    options: Omit<AxonErrorOptions, "code">,
  ) {
    super(message, { ...options, code: `alert-engine.${reason}` });
  }
}

export class InvalidEnvironmentError extends AlertEngineError {
  constructor(variables: readonly string[]) {
    super(
      "invalid_environment",
      `missing or invalid: ${variables.join(", ")}`,
      { status: 503 },
    );
  }
}

export class InvalidRequestError extends AlertEngineError {
  constructor(problems: string) {
    super("invalid_request", problems, { status: 400 });
  }
}

export class InvalidSettingsError extends AlertEngineError {
  constructor(problems: string) {
    super("invalid_settings", problems, { status: 500 });
  }
}

export class InvalidSignatureError extends AlertEngineError {
  constructor() {
    super("invalid_signature", "the signature does not match the body", {
      status: 401,
    });
  }
}

export class RuleNotFoundError extends AlertEngineError {
  constructor(id: string) {
    super("rule_not_found", `there is no rule ${id}`, { status: 404 });
  }
}

export class RuleNameTakenError extends AlertEngineError {
  constructor(name: string) {
    super("rule_name_taken", `there is already a rule named "${name}"`, {
      status: 409,
    });
  }
}

export class RuleChangedError extends AlertEngineError {
  constructor(id: string) {
    super(
      "rule_changed",
      `rule ${id} was changed by someone else; read it again`,
      { status: 409 },
    );
  }
}

export class AlertNotFoundError extends AlertEngineError {
  constructor(id: string) {
    super("alert_not_found", `there is no open alert ${id}`, { status: 404 });
  }
}

export class UnexpectedRowError extends AlertEngineError {
  constructor(statement: string, cause: unknown) {
    super(
      "unexpected_row",
      `statement ${statement} returned an unexpected row`,
      {
        status: 500,
        cause,
      },
    );
  }
}

export class QueueTimeoutError extends AlertEngineError {
  constructor(milliseconds: number) {
    super(
      "queue_timeout",
      `the queue did not answer within ${String(milliseconds)} ms`,
      {
        status: 503,
      },
    );
  }
}
