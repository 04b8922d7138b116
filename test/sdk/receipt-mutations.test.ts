import { type InferenceReceipt, InvalidReceiptError, verifyReceipt } from '@assay/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alternatives, at, changed, leavesOf, twinOf } from './support/receipt-changes.ts'
import { type Session, startSession } from './support/session.ts'

let session: Session
let receipt: InferenceReceipt

beforeAll(async () => {
  session = await startSession()
  const recorder = await session.recorder()
  const all = await Promise.all(
    ['a', 'b', 'c', 'd', 'e'].map((text) =>
      recorder.record({
        request: text,
        response: text + text,
        model: 'm',
        extensions: { 'x.n': 'v' },
      }),
    ),
  )
  receipt = (await recorder.receiptOf(all[2])) as InferenceReceipt
})
afterAll(() => session.stop())

/** The status of a receipt, or the name of the error that refuses it. */
async function judge(value: unknown): Promise<string> {
  try {
    const { policy, chain } = session
    return (await verifyReceipt(value, { policy, client: chain.client })).status
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidReceiptError)
    return 'InvalidReceiptError'
  }
}

describe('a receipt', () => {
  test('default: is verified as it is', async () => {
    expect(await judge(receipt)).toBe('verified')
    expect(await judge(JSON.stringify(receipt, null, 2))).toBe('verified')
  })

  test('behavior: no value can be changed', async () => {
    const paths = leavesOf(receipt)
    expect(paths.length).toBeGreaterThan(45)
    let changes = 0
    for (const path of paths) {
      const value = at(receipt, path) as string
      for (const other of alternatives(value).filter((it) => it !== value)) {
        const verdict = await judge(changed(receipt, path, () => other))
        expect(verdict, `${path.join('.')} = ${other}`).not.toBe('verified')
        changes++
      }
    }
    expect(changes).toBeGreaterThan(130)
  })

  test('behavior: no value can be of another type, upper case or missing', async () => {
    for (const path of leavesOf(receipt)) {
      for (const other of [1, null, true, [], {}, undefined, 'ABC']) {
        // A hint may be left out.
        if (path[0] === 'hints' && other === undefined) continue
        expect(await judge(changed(receipt, path, () => other)), path.join('.')).not.toBe(
          'verified',
        )
      }
    }
    for (const path of leavesOf(receipt)) {
      const value = at(receipt, path) as string
      const upper = value.replace(/[a-f]/g, (digit) => digit.toUpperCase())
      if (!value.startsWith('0x') || upper === value) continue
      expect(await judge(changed(receipt, path, () => upper))).toBe('InvalidReceiptError')
    }
  })

  test('behavior: no list can be longer, shorter or in another order', async () => {
    for (const path of [
      ['fields', 'leafHashes'],
      ['fields', 'opened'],
      ['batch', 'proof'],
    ]) {
      const list = at(receipt, path) as unknown[]
      const others = [[...list, list[0]], list.toReversed(), [list[0], ...list]]
      if (path[1] !== 'opened') others.push(list.slice(1), list.slice(0, -1), [])
      for (const other of others) {
        const verdict = await judge(changed(receipt, path, () => other))
        if (path[1] === 'opened' && other.length === list.length) continue
        expect(verdict, path.join('.')).not.toBe('verified')
      }
    }
  })

  test('behavior: fields can be left out, and say nothing then', async () => {
    expect(await judge(changed(receipt, ['fields', 'opened'], () => []))).toBe('verified')
  })

  test('behavior: fewer than 9 and more than 16 fields are refused, as on chain', async () => {
    const { leafHashes } = receipt.fields
    const word = leafHashes[0] as string
    for (const list of [leafHashes.slice(0, 8), [...leafHashes, ...Array<string>(8).fill(word)]]) {
      const other = { ...receipt, fields: { ...receipt.fields, leafHashes: list } }
      expect(await judge(other)).toBe('InvalidReceiptError')
    }
  })

  test('behavior: unknown and duplicate members are refused', async () => {
    expect(await judge({ ...receipt, more: '1' })).toBe('InvalidReceiptError')
    expect(
      await judge(changed(receipt, ['log'], (log) => ({ ...(log as object), more: '1' }))),
    ).toBe('InvalidReceiptError')
    const json = JSON.stringify(receipt)
    expect(await judge(json.replace('{', '{"inferenceId":"0x00",'))).toBe('InvalidReceiptError')
    expect(await judge(json.replace('"owner"', '"owner":"0x00","owner"'))).toBe(
      'InvalidReceiptError',
    )
    expect(await judge(json.replace('"owner"', '"owne\\u0072":"0x00","owner"'))).toBe(
      'InvalidReceiptError',
    )
    expect(await judge(json.replace('{', '{"__proto__":{},'))).toBe('InvalidReceiptError')
  })

  test('behavior: the twin of a signature is refused', async () => {
    const { signature } = receipt.batch
    expect(await judge(changed(receipt, ['batch', 'signature'], () => twinOf(signature)))).toBe(
      'refuted',
    )
    const compact = signature.slice(0, 130) + (signature.endsWith('1b') ? '00' : '01')
    expect(await judge(changed(receipt, ['batch', 'signature'], () => compact))).toBe('refuted')
  })

  test('behavior: is unknown without the chain, never green', async () => {
    const report = await verifyReceipt(receipt, { policy: session.policy })
    expect(report.status).toBe('unknown')
    expect(report.checks.find(({ name }) => name === 'settlement')?.status).toBe('unknown')
    expect(report.checks.find(({ name }) => name === 'inclusion')?.status).toBe('verified')
  })

  test.each([
    ['', 'is not JSON'],
    ['[]', 'must be an object'],
    ['{"schema":"assay/receipt/v2"}', '`schema` must be'],
    ['{', 'is not JSON'],
    [`${'['.repeat(100)}${']'.repeat(100)}`, 'is nested deeper'],
    [undefined, 'is not JSON'],
    [42, 'must be an object'],
    [1n, 'cannot be written as JSON'],
  ])('error: InvalidReceiptError, case %#', async (value, problem) => {
    await expect(verifyReceipt(value)).rejects.toThrow(InvalidReceiptError)
    await expect(verifyReceipt(value)).rejects.toThrow(problem)
  })
})
