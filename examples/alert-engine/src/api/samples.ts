import type {
  RequestContext,
  Route,
  RouteRequest,
  RouteResponse,
} from "@axon/core";
import { trace } from "@opentelemetry/api";
import { z } from "zod";

import { env } from "../env.js";
import { SLUG, VERSION } from "../lib/identity.js";
import { logger } from "../lib/logger.js";
import { enqueueEvaluation } from "../lib/queue.js";
import { parseRequest } from "../lib/request.js";
import { recordSample } from "../lib/rules.js";
import { settingsOf } from "../lib/settings.js";
import { verifySignature } from "../lib/signature.js";
import { inSpan } from "../lib/telemetry.js";

const tracer = trace.getTracer(SLUG, VERSION);

const Sample = z.strictObject({
  metric: z.string().min(1).max(100),
  value: z.number(),
  observedAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text)),
});

function recordSamples(
  request: RouteRequest,
  context: RequestContext,
): Promise<RouteResponse> {
  return tracer.startActiveSpan("alert-engine.samples.record", (span) =>
    inSpan(span, async () => {
      const settings = settingsOf(context);
      verifySignature(request, settings.ingest);
      const Body = z.strictObject({
        samples: z.array(Sample).min(1).max(env().ALERT_ENGINE_MAX_SAMPLES),
      });
      const { samples } = parseRequest(Body, request.body);
      const watched = new Set<string>();
      for (const sample of samples) {
        if (settings.muted_metrics.includes(sample.metric)) {
          continue;
        }
        const rules = await recordSample(context, sample);
        if (rules.length > 0) {
          watched.add(sample.metric);
        }
      }
      span.setAttribute("alert-engine.samples", samples.length);
      if (watched.size > 0) {
        await requestEvaluation(context, [...watched]);
      }
      return {
        status: 202,
        body: { received: samples.length, watchedMetrics: [...watched] },
      };
    }),
  );
}

/** Samples are stored by now, so an unreachable queue delays their evaluation and loses nothing. */
async function requestEvaluation(
  context: RequestContext,
  metrics: readonly string[],
): Promise<void> {
  try {
    await enqueueEvaluation(context, metrics);
  } catch (error) {
    logger
      .forContext(context)
      .warn("evaluation waits for the schedule", { error });
  }
}

export const sampleRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/api/alert-engine/samples",
    description: "Records samples of metrics and asks for their evaluation.",
    authenticated: true,
    permissions: ["alert-engine:samples:write"],
    handler: recordSamples,
  },
];
