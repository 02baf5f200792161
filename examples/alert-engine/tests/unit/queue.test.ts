import { InvalidQueueNameError, tenantQueue } from "@axon/core";
import { expect, test } from "vitest";

import { EVALUATE_QUEUE } from "../../src/lib/queue.js";

test("the queue's name is split for BullMQ", () => {
  expect(tenantQueue(EVALUATE_QUEUE)).toEqual({
    name: "evaluate",
    prefix: "tenant:alert-engine",
  });
});

test.each(["evaluate", "tenant:evaluate", "tenant:a:b:c", "tenant::b"])(
  "%s is not a platform queue",
  (queue) => {
    expect(() => tenantQueue(queue)).toThrow(InvalidQueueNameError);
  },
);
