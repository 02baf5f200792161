export type Level = "debug" | "info" | "warn" | "error";
export type Fields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The same logger with more fields on every line. */
  child(fields: Fields): Logger;
  /** The same logger with the tenant, user and correlation id of a request or job. */
  forContext(context: {
    readonly tenantId: string;
    readonly userId?: string;
    readonly correlationId: string;
  }): Logger;
}

export interface LoggerOptions {
  /** Slug of the module. */
  readonly module: string;
  /** Least level that is written; `info` unless told. */
  readonly level?: Level;
  /** Where a line goes; standard output unless told. */
  readonly write?: (line: string) => void;
  readonly now?: () => Date;
}

/** A logger that writes one JSON object per line, each with a correlation id. */
export declare function createLogger(options: LoggerOptions): Logger;
