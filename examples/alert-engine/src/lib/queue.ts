import { setTimeout } from "node:timers/promises";

import { type RequestContext, tenantQueue } from "@axon/core";
import { Queue } from "bullmq";

import { env } from "../env.js";
import { QueueTimeoutError } from "./errors.js";
import { logger } from "./logger.js";

export const EVALUATE_QUEUE = "tenant:alert-engine:evaluate";

const QUEUE_TIMEOUT_MS = 2000;

interface EvaluationRequest {
  readonly tenantId: string;
  readonly correlationId: string;
  readonly metrics: readonly string[];
}

let queue: Queue<EvaluationRequest> | undefined;

function evaluationQueue(): Queue<EvaluationRequest> {
  if (queue === undefined) {
    const { name, prefix } = tenantQueue(EVALUATE_QUEUE);
    const url = env().ALERT_ENGINE_REDIS_URL;
    queue = new Queue<EvaluationRequest>(name, {
      prefix,
      connection: { url, enableOfflineQueue: false },
    });
    queue.on("error", (error) => {
      logger.error("evaluation queue failed", { error });
    });
  }
  return queue;
}

/**
 * Ask for an evaluation of these metrics now, rather than on the next scheduled run.
 *
 * BullMQ waits for a lost connection without end; a request does not.
 */
export async function enqueueEvaluation(
  context: RequestContext,
  metrics: readonly string[],
): Promise<void> {
  const { tenantId, correlationId } = context;
  const added = evaluationQueue().add(
    "evaluate",
    { tenantId, correlationId, metrics },
    {
      attempts: env().ALERT_ENGINE_JOB_ATTEMPTS,
      backoff: { type: "exponential", delay: 1000 },
    },
  );
  const timer = new AbortController();
  try {
    await Promise.race([added, refuseAfter(QUEUE_TIMEOUT_MS, timer.signal)]);
  } finally {
    timer.abort();
  }
}

async function refuseAfter(
  milliseconds: number,
  signal: AbortSignal,
): Promise<never> {
  await setTimeout(milliseconds, undefined, { signal });
  throw new QueueTimeoutError(milliseconds);
}

export async function closeEvaluationQueue(): Promise<void> {
  await queue?.close();
  queue = undefined;
}
