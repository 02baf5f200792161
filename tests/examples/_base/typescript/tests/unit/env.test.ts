import { afterEach, describe, expect, it, vi } from "vitest";

import { readEnvironment } from "../../src/env.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("readEnvironment", () => {
  it("has a default", () => {
    vi.stubEnv("SAMPLE_MODULE_MAX_TITLE_LENGTH", undefined);
    expect(readEnvironment().SAMPLE_MODULE_MAX_TITLE_LENGTH).toBe(200);
  });

  it("refuses nonsense", () => {
    vi.stubEnv("SAMPLE_MODULE_MAX_TITLE_LENGTH", "short");
    expect(() => readEnvironment()).toThrow();
  });
});
