// Each test asserts something with expect(), as vitest's requireAssertions asks.
import { beforeEach, expect } from "@jest/globals";

beforeEach(() => {
  expect.hasAssertions();
});
