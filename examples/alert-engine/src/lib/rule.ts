import { z } from "zod";

export const Severity = z.enum(["info", "warning", "critical"]);
export const Comparator = z.enum(["above", "below"]);

export interface Rule {
  readonly id: string;
  readonly name: string;
  readonly metric: string;
  readonly comparator: z.infer<typeof Comparator>;
  readonly threshold: number;
  readonly severity: z.infer<typeof Severity>;
  readonly staleAfterSeconds: number;
  readonly enabled: boolean;
  readonly version: number;
}

export interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly observedAt: Date;
}

/** A rule together with the latest sample of its metric. */
export interface ObservedRule extends Rule {
  readonly lastValue: number;
  readonly lastObservedAt: Date;
}

export function isBreached(rule: ObservedRule): boolean {
  return rule.comparator === "above"
    ? rule.lastValue > rule.threshold
    : rule.lastValue < rule.threshold;
}
