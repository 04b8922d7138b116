/** How many tests passed and failed. */
export type Count = { passed: number; failed: number }

/** What Hardhat tells of a run of Solidity's tests. */
type Run = { suiteResults: { testResults: { status: string }[] }[] }

/**
 * Counts what Hardhat's task of Solidity's tests gives; its own summary counts nothing where its output is no terminal. A run that failed, or in
 * which nothing passed, has failed at least once.
 */
export function countSolidityTests(result: unknown): Count {
  const { success, value, error } = result as { success: boolean; value?: Run; error?: Run }
  const tests = ((success ? value : error)?.suiteResults ?? []).flatMap((it) => it.testResults)
  const passed = tests.filter(({ status }) => status === 'Success').length
  const failed = tests.filter(({ status }) => status === 'Failure').length
  return { passed, failed: success && passed > 0 ? failed : Math.max(failed, 1) }
}
