import { expect, test } from 'vitest'
import { runScript } from '../support/run-script.ts'

test('default: this machine will do', async () => {
  expect(await runScript('scripts/check-platform.mjs', [])).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  })
})

test.each([
  ['Windows', `Object.defineProperty(process, 'platform', { value: 'win32' })`, 'WSL 2'],
  [
    'musl',
    `Object.defineProperty(process, 'platform', { value: 'linux' })
     process.report.getReport = () => ({ header: {} })`,
    'glibc',
  ],
  ['another system', `Object.defineProperty(process, 'platform', { value: 'aix' })`, 'not on aix'],
  [
    'an old Node',
    `Object.defineProperty(process, 'versions', { value: { node: '18.20.0' } })`,
    'Node 20',
  ],
])('error: %s', async (_, pretence, message) => {
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(pretence)}` }
  const { code, stderr } = await runScript('scripts/check-platform.mjs', [], env)
  expect(code).toBe(1)
  expect(stderr).toContain(message)
  // One message, and no stack.
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
