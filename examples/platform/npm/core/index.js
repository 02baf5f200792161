/** The root of every error a module may throw. */
export class AxonError extends Error {
  /**
   * @param {string} message
   * @param {{ code?: string, status?: number, cause?: unknown }} [options]
   */
  constructor(message, { code = "axon.internal", status = 500, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.status = status;
  }
}

/** A queue name that does not have the form `tenant:<module>:<job>`. */
export class InvalidQueueNameError extends AxonError {
  /** @param {string} queue */
  constructor(queue) {
    super(`queue name "${queue}" is not of the form tenant:<module>:<job>`, {
      code: "axon.invalid_queue_name",
      status: 500,
    });
  }
}

const PLATFORM_QUEUE =
  /^(tenant:[a-z0-9]+(?:-[a-z0-9]+)*):([a-z0-9]+(?:-[a-z0-9]+)*)$/;

/**
 * Split a platform queue name for BullMQ.
 *
 * BullMQ refuses a colon in a queue name, but joins prefix and name with one:
 * `tenant:alert-engine` and `evaluate` give the Redis keys
 * `tenant:alert-engine:evaluate:*`.
 *
 * @param {string} queue
 * @returns {{ name: string, prefix: string }}
 */
export function tenantQueue(queue) {
  const [, prefix, name] = PLATFORM_QUEUE.exec(queue) ?? [];
  if (prefix === undefined || name === undefined) {
    throw new InvalidQueueNameError(queue);
  }
  return { name, prefix };
}
