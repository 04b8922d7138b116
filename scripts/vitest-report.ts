import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'

/** What became of one test. */
export type TestResult = {
  /** From the directory of the tests on. */
  file: string
  name: string
  status: 'passed' | 'failed' | 'skipped'
  seconds: number
  /** First line of its error. */
  problem?: string
}

/** Of Vitest's JSON, what is read here. */
type Report = {
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: {
      fullName: string
      status: string
      duration?: number | null
      failureMessages: string[]
    }[]
  }[]
}

/**
 * Reads the JSON that Vitest's reporter of that name writes. A file that could not be loaded is one test that failed.
 *
 * @param directory - Of the tests.
 * @returns Nothing where there is no report, as after a crash.
 */
export async function readVitestReport(path: string, directory: string): Promise<TestResult[]> {
  const text = await readFile(path, 'utf8').catch(() => '{}')
  const { testResults = [] } = JSON.parse(text) as Partial<Report>
  return testResults.flatMap(({ name: path, status, message, assertionResults }): TestResult[] => {
    const file = relative(directory, path)
    if (status === 'failed' && assertionResults.length === 0) {
      return [{ file, name: 'the file', status, seconds: 0, problem: firstLine(message) }]
    }
    return assertionResults.map((it) => ({
      ...{ file, name: it.fullName },
      status: it.status === 'passed' || it.status === 'failed' ? it.status : 'skipped',
      seconds: Number(((it.duration ?? 0) / 1_000).toFixed(1)),
      ...(it.status === 'failed' ? { problem: firstLine(it.failureMessages[0]) } : {}),
    }))
  })
}

const firstLine = (text = '') => text.split('\n', 1)[0]!
