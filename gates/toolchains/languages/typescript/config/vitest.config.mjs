// The platform's configuration: the module's own vitest and vite configuration is not read.
import { createRequire } from "node:module";

import Reporter from "./gates.vitest.reporter.mjs";

const given = createRequire(import.meta.url)("./gates.assert.cjs");
const reports = process.env.GATES_REPORTS;
// The tests run in processes that inherit the environment; where reports go is not theirs to know.
delete process.env.GATES_REPORTS;

/** Takes imports of node:assert elsewhere: of Node's own modules vite resolves none. */
const counted = {
  name: "counted-assert",
  enforce: "pre",
  transform: (code) => code.replace(/\b((?:from|import)[\s(]*["'])(?:node:)?(assert(?:\/strict)?["'])/g, "$1gates:$2"),
  resolveId: (name) => (name.startsWith("gates:") ? `\0${name}` : undefined),
  load: (name) => (name.startsWith("\0gates:") ? given.source(name) : undefined),
};

export default {
  plugins: [counted],
  cacheDir: `${reports}/cache`,
  css: { postcss: { plugins: [] } }, // vite would run a postcss.config.js of the module, beside the reporter
  test: {
    include: ["tests/{unit,e2e}/**/*.{test,spec}.?(c|m)[jt]s?(x)"],
    setupFiles: ["gates.vitest.setup.mjs"],
    environment: "node",
    watch: false,
    cache: false,
    passWithNoTests: true,
    allowOnly: false,
    retry: 0,
    includeTaskLocation: true,
    expect: { requireAssertions: true },
    reporters: [new Reporter(`${reports}/tests.jsonl`)],
    coverage: {
      enabled: true,
      provider: "v8",
      include: ["src/**/*.{ts,tsx,mts,cts}"],
      exclude: ["**/*.d.ts"],
      reportOnFailure: true,
      reportsDirectory: `${reports}/coverage`,
      reporter: ["json"],
    },
  },
};
