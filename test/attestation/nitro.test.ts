import { readFileSync } from 'node:fs'
import { verifyNitro } from '@assay/attestation/nitro'
import { sha256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { judgedAt } from './support/chains.ts'
import { createNitroAuthority, tagged, writeOpen } from './support/nitro-authority.ts'
import { ruleOf } from './support/refusals.ts'

const authority = createNitroAuthority()

describe('default', () => {
  test('a document of an authority that is pinned shows what the enclave is', () => {
    const { document, pin } = authority.documentOf()
    const report = verifyNitro(document, { at: judgedAt, pins: [pin] })
    expect(report).toMatchObject({
      kind: 'nitro',
      at: judgedAt,
      root: pin,
      documentDigest: sha256(document),
      moduleId: 'i-00000000000000001-enc0000000000000001',
      timestamp: (judgedAt - 60) * 1000 + 7,
      userData: '0x75736572206461746' + '1',
      nonce: `0x${'07'.repeat(20)}`,
    })
    expect(Object.keys(report.pcrs)).toHaveLength(16)
    const [first, second, third] = [report.pcrs[0]!, report.pcrs[1]!, report.pcrs[2]!]
    expect(report.measurement).toBe(sha256(`${first}${second.slice(2)}${third.slice(2)}`))
  })

  test('behavior: a tag, open lengths in the payload and optional members make no difference', () => {
    const { document, pin } = authority.documentOf()
    const options = { at: judgedAt, pins: [pin] }
    expect(ruleOf(() => verifyNitro(tagged(document), options))).toBe('accepted')
    const open = authority.documentOf({ write: writeOpen })
    expect(verifyNitro(open.document, { at: judgedAt, pins: [open.pin] }).moduleId).toMatch(/^i-0/)
    const bare = authority.documentOf({
      payload: (members) => {
        for (const name of ['public_key', 'user_data']) members.delete(name)
        members.set('nonce', null)
      },
    })
    const report = verifyNitro(bare.document, { at: judgedAt, pins: [bare.pin] })
    expect(report).not.toHaveProperty('publicKey')
    expect(report).not.toHaveProperty('userData')
    expect(report).not.toHaveProperty('nonce')
  })

  test('behavior: it is judged for any second in which its certificates are valid', () => {
    const { document, pin } = authority.documentOf()
    const judge = (at: number) => ruleOf(() => verifyNitro(document, { at, pins: [pin] }))
    expect(judge(judgedAt + 7_200)).toBe('accepted')
    expect(judge(judgedAt + 7_201)).toBe('certificateValidity')
    expect(judge(judgedAt - 360)).toBe('accepted')
    expect(judge(judgedAt - 361)).toBe('timestamp')
  })
})

describe('a document of AWS', () => {
  const real = Buffer.from(
    readFileSync(new URL('vectors/nitro-debug.txt', import.meta.url), 'utf8').replace(
      /^#.*$/gm,
      '',
    ),
    'base64',
  )

  test('behavior: it leads to the pinned root, and all holds but that the enclave is in debug mode', () => {
    expect(() => verifyNitro(real, { at: 1_726_537_676 })).toThrowErrorMatchingInlineSnapshot(`
      [AttestationRefusedError: The Nitro attestation document is refused by the rule \`debugMode\`: its PCR0 is zero.

      Run the enclave without --debug-mode.

      Docs: docs/attestation.md#nitro]
    `)
    expect(ruleOf(() => verifyNitro(real, { at: 1_790_000_000 }))).toBe('certificateValidity')
    const pins = [`0x${'00'.repeat(32)}`] as const
    expect(ruleOf(() => verifyNitro(real, { at: 1_726_537_676, pins }))).toBe('root')
  })
})

describe('error: InvalidAttestationOptionsError', () => {
  const { document, pin } = authority.documentOf()
  test.each([
    ['no time', { at: undefined as never, pins: [pin] }],
    ['milliseconds', { at: judgedAt * 1_000_000, pins: [pin] }],
    ['a fraction', { at: judgedAt + 0.5, pins: [pin] }],
    ['a pin that is no digest', { at: judgedAt, pins: ['0x12' as const] }],
    ['a pin in capitals', { at: judgedAt, pins: [pin.toUpperCase() as never] }],
  ])('%s', (_, options) => {
    expect(() => verifyNitro(document, options)).toThrow(
      expect.objectContaining({ name: 'InvalidAttestationOptionsError' }),
    )
  })

  test('a document that is no byte string', () => {
    expect(() => verifyNitro('84' as never, { at: judgedAt })).toThrow(
      expect.objectContaining({ name: 'InvalidAttestationOptionsError' }),
    )
  })
})
