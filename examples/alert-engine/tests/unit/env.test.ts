import { expect, test } from "vitest";

import { parseEnvironment } from "../../src/env.js";
import { InvalidEnvironmentError } from "../../src/lib/errors.js";

test("defaults fill what is not set", () => {
  expect(
    parseEnvironment({ ALERT_ENGINE_REDIS_URL: "redis://127.0.0.1:6379" }),
  ).toEqual({
    ALERT_ENGINE_REDIS_URL: "redis://127.0.0.1:6379",
    ALERT_ENGINE_JOB_ATTEMPTS: 3,
    ALERT_ENGINE_MAX_SAMPLES: 500,
  });
});

test("the message names every wrong variable and no value", () => {
  const parse = () =>
    parseEnvironment({
      ALERT_ENGINE_REDIS_URL: "ftp://hidden.example",
      ALERT_ENGINE_JOB_ATTEMPTS: "0",
    });
  expect(parse).toThrow(InvalidEnvironmentError);
  expect(parse).toThrow(
    "missing or invalid: ALERT_ENGINE_REDIS_URL, ALERT_ENGINE_JOB_ATTEMPTS",
  );
});
