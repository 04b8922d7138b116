import {
  type AttesterSignature,
  decodeAttesterStatement,
  encodeAttesterStatement,
  encodeP256Statement,
} from '@assay/sdk/formats'
import { concatHex, type Hex, slice } from 'viem'
import { expect, test } from 'vitest'

const low = '0x1000000000000000000000000000000000000001'
const high = '0xABcdEFABcdEFabcdEfAbCdefabcdeFABcDEFabCD'
const signature: Hex = `0x${'5a'.repeat(65)}`
const signed = (attester: Hex, more: Partial<AttesterSignature> = {}): AttesterSignature => ({
  ...{ attester, deadline: 1_790_000_000, signature },
  ...more,
})
const refused = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return (error as Error).name
  }
  return 'taken'
}

test('default: in ascending order, whatever order they came in, and the same again', () => {
  const parts = [signed(high), signed(low, { signature: '0x' })]
  const statement = encodeAttesterStatement(parts)
  expect(statement).toBe(
    concatHex([
      ...([low, '0x00006ab13b80', '0x0000'] as const),
      ...([high.toLowerCase(), '0x00006ab13b80', '0x0041', signature] as Hex[]),
    ]),
  )
  expect(decodeAttesterStatement(statement)).toEqual([
    signed(low, { signature: '0x' }),
    signed(high.toLowerCase() as Hex),
  ])
  // Joined by their bytes alone.
  expect(concatHex(parts.toReversed().map((it) => encodeAttesterStatement([it])))).toBe(statement)
  expect(decodeAttesterStatement('0x')).toEqual([])
})

test('error: InvalidStatementError for what the contract would refuse by its form', () => {
  const cases: AttesterSignature[][] = [
    [signed(low), signed(low, { deadline: 1 })],
    [signed(high), signed(high.toLowerCase() as Hex)],
    [signed('0x12')],
    [signed(low, { deadline: -1 })],
    [signed(low, { deadline: 1.5 })],
    [signed(low, { deadline: 2 ** 48 })],
    [signed(low, { signature: '0x123' })],
    [signed(low, { signature: `0x${'00'.repeat(65_536)}` })],
  ]
  for (const signatures of cases) {
    expect(refused(() => encodeAttesterStatement(signatures))).toBe('InvalidStatementError')
  }
  expect(refused(() => encodeAttesterStatement([signed(low)]))).toBe('taken')

  const whole = encodeAttesterStatement([signed(low), signed(high)])
  const length = whole.length / 2 - 1
  for (let end = 1; end < length; end++) {
    const outcome = refused(() => decodeAttesterStatement(slice(whole, 0, end)))
    expect(outcome, `${end}`).toBe(end === length / 2 ? 'taken' : 'InvalidStatementError')
  }
  const [one, two] = [slice(whole, 0, length / 2), slice(whole, length / 2)]
  const others: Hex[] = [concatHex([two, one]), concatHex([one, one]), '0x1', 'no' as Hex]
  for (const other of others) {
    expect(refused(() => decodeAttesterStatement(other))).toBe('InvalidStatementError')
  }
})

test('default, error: the statement of a P-256 key is its deadline, r and s', () => {
  const rs: Hex = `0x${'5a'.repeat(64)}`
  expect(encodeP256Statement(1_790_000_000, rs)).toBe(`0x00006ab13b80${rs.slice(2)}`)
  expect(refused(() => encodeP256Statement(1, signature))).toBe('InvalidStatementError')
  expect(refused(() => encodeP256Statement(-1, rs))).toBe('InvalidStatementError')
})
