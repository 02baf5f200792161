// The platform's configuration: the module's own vitest and vite configuration is not read.
const reports = process.env.GATES_REPORTS;
// The tests run in processes that inherit the environment; where reports go is not theirs to know.
delete process.env.GATES_REPORTS;

export default {
  cacheDir: `${reports}/cache`,
  test: {
    include: ["tests/{unit,e2e}/**/*.{test,spec}.?(c|m)[jt]s?(x)"],
    environment: "node",
    watch: false,
    cache: false,
    passWithNoTests: true,
    allowOnly: false,
    retry: 0,
    includeTaskLocation: true,
    expect: { requireAssertions: true },
    reporters: ["json", "dot"],
    outputFile: `${reports}/tests.json`,
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
