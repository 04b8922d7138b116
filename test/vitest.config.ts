import { defineConfig } from 'vitest/config'

// Tests that take minutes by design run with `pnpm test:long` only.
const long = process.env.ASSAY_TEST_LONG === '1'

// Those of the SDK that measure time or memory, or whose work other processes do, count no lines.
const uncounted = '{kills,crowd,exit,disk,queue,large,hostile,excess,same-report,faults}.test.ts'
/** Of two parts, which scripts/test.ts runs one after the other to count lines. */
const parts: Record<string, { include: string[]; exclude: string[] } | undefined> = {
  covered: { include: ['sdk/**/*.test.ts'], exclude: [`sdk/**/${uncounted}`] },
  rest: {
    include: [
      '{contracts,cli,indexer,relay,e2e,examples,runtimes}/**/*.test.ts',
      `sdk/**/${uncounted}`,
    ],
    exclude: [],
  },
}
const all = {
  include: ['{contracts,sdk,cli,indexer,relay,e2e,examples,runtimes}/**/*.test.ts'],
  exclude: [],
}
const { include, exclude } = parts[process.env.ASSAY_TEST_PART ?? ''] ?? all

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include,
    exclude,
    // Hardhat finds its configuration from the working directory, so the build happens before any worker needs artifacts.
    globalSetup: ['support/build-contracts.ts'],
    // Half the time: Hardhat and viem are loaded once per worker. No test may leave anything behind in the module scope.
    isolate: false,
    pool: 'forks',
    // A chain, an indexer and a compiler fill two cores; side by side, several of them only wait for each other.
    fileParallelism: false,
    testTimeout: long ? 600_000 : 30_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['../sdk/src/**/*.ts'],
      exclude: ['../sdk/src/generated/**'],
      allowExternal: true,
      reportsDirectory: '../coverage',
      reporter: ['text-summary', 'json-summary', 'lcov'],
      thresholds: { lines: 80 },
    },
  },
})
