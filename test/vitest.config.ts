import { defineConfig } from 'vitest/config'

// Tests that take minutes by design run with `pnpm test:long` only.
const long = process.env.ASSAY_TEST_LONG === '1'

/** Of indexers that run beside each other, for minutes. */
const soaks = long ? [] : ['indexer/operations/{prune,switch,switch-under-load}.test.ts']
/** Measure time or memory: nothing else may run beside them. */
const alone = ['sdk/**/{large,large-bodies,hostile,excess}.test.ts']
/** Of the SDK, but others do the work, or it would take too long while lines are counted. */
const uncounted = [
  'sdk/**/{exit,disk,queue,faults,kills,kills-until-final,crowd,prompts,same-report}.test.ts',
]
const others = '{attestation,contracts,cli,indexer,relay,e2e,examples,runtimes}/**/*.test.ts'
const sdk = 'sdk/**/*.test.ts'

type Part = { include: string[]; exclude: string[]; maxWorkers: number }
const all: Part = { include: [sdk, others], exclude: [], maxWorkers: 1 }
/**
 * Which scripts/test.ts runs one after the other. Of the SDK's two files at a time, which fill two cores; of the others three, since those wait
 * for processes, chains and servers as much as they compute.
 */
const parts: Record<string, Part | undefined> = {
  covered: { include: [sdk], exclude: [...uncounted, ...alone], maxWorkers: 2 },
  rest: {
    include: [others, ...uncounted],
    exclude: alone,
    maxWorkers: 3,
  },
  alone: { include: alone, exclude: [], maxWorkers: 1 },
}
const { include, exclude, maxWorkers } = parts[process.env.ASSAY_TEST_PART ?? ''] ?? all

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include,
    exclude: [...exclude, ...soaks],
    // Hardhat finds its configuration from the working directory, so the build happens before any worker needs artifacts.
    globalSetup: ['support/build-contracts.ts'],
    // Half the time: Hardhat and viem are loaded once per worker. No test may leave anything behind in the module scope.
    isolate: false,
    pool: 'forks',
    fileParallelism: maxWorkers > 1,
    maxWorkers,
    // As long as a busy machine may take; who waits for something that comes does not wait so long.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: long ? 600_000 : 30_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['../sdk/src/**/*.ts'],
      exclude: ['../sdk/src/generated/**'],
      allowExternal: true,
      reportsDirectory: '../coverage/sdk',
      reporter: ['text-summary', 'json-summary', 'lcov'],
      thresholds: { lines: 80 },
    },
  },
})
