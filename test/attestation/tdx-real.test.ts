import { createRequire } from 'node:module'
import {
  cutPadding,
  intelRoots,
  readDcapCollateral,
  type TdxCollateral,
  type TdxOptions,
  verifyTdx,
} from '@assay/attestation/tdx'
import { sha256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { ruleOf } from './support/refusals.ts'
import { createTdxAuthority } from './support/tdx-authority.ts'
import { blocksIn, realDcap } from './support/vectors.ts'

const [quote, older] = blocksIn('tdx-quotes.txt', 'TDX QUOTE') as [Buffer, Buffer]
const collateral = readDcapCollateral(realDcap())
const secondsOf = (time: string) => Date.parse(time) / 1000
const at = secondsOf('2026-10-15T00:00:00Z')
/** As both came: in a buffer of a fixed size. */
const padded = (bytes: Uint8Array) => Buffer.concat([bytes], 5_006)

const verify = (document: Uint8Array, options: Partial<TdxOptions> = {}) =>
  verifyTdx(document, { at, collateral, tcbStatuses: ['OutOfDate'], ...options })
const flipped = (bytes: Uint8Array, place: number) => {
  const changed = Buffer.from(bytes)
  changed[place] = changed[place]! ^ 1
  return changed
}

describe('a quote of a domain of dstack, with what Intel says of its platform', () => {
  test('default: it leads to the pinned root of Intel, and shows what the domain is', () => {
    const { rules, notCovered, ...shown } = verify(quote)
    expect(rules.map(({ rule }) => rule)).toContain('tcbStatus')
    expect(notCovered.join()).toContain('no log of events')
    expect(shown.root).toBe(intelRoots[0])
    expect(shown).toMatchInlineSnapshot(`
      {
        "advisories": [
          "INTEL-SA-01192",
          "INTEL-SA-01245",
          "INTEL-SA-01312",
          "INTEL-SA-01313",
        ],
        "at": 1792022400,
        "documentDigest": "0xcabe609a0ed155773eaab8dc0ee47dcc8fc4d62ad16997b737a3693ec0042dee",
        "evaluationNumber": 20,
        "fmspc": "0xb0c06f000000",
        "kind": "tdx",
        "measurement": "0xfdf8f90a388f0d4b8aaafe021f3218f074373483c4445ffa611fa670c5298d86",
        "mrConfigId": "0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        "mrOwner": "0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        "mrOwnerConfig": "0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        "mrSeam": "0x5b38e33a6487958b72c3c12a938eaa5e3fd4510c51aeeab58c7d5ecee41d7c436489d6c8e4f92f160b7cad34207b00c1",
        "mrTd": "0xc68518a0ebb42136c12b2275164f8c72f25fa9a34392228687ed6e9caeb9c0f1dbd895e9cf475121c029dc47e70e91fd",
        "reportData": "0x16d0790c1181a43490d3f40ada9eda87c3283e22c6b233456c1f70cfd30c3152cc80db5d45dd72ce0d5a03a5a2a07deba7730b24ea556c8412c68efd695a4174",
        "root": "0x44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3",
        "rtmrs": [
          "0x79207fa707c5bbf697d579bbd44c2ba14f8565d528aff0de407c58fd34815b67a35cfbb0a0d996b1c7b911a2c8ae806c",
          "0x154e08f5c1f7b1fce4cbfe1c14f3ba67b70044ede2751487279cd1f2e4239dee99a6d45e24ebde6b6a6f5ae49878e0e6",
          "0x9edcd363660e85b71c318324996dda756c372d9f6960edbfa863b1e684822eb48dd95e218ae2b78e51ef97f3b8f5c9dc",
          "0xfd7145f6cfd6ace363058e697a9542ddb7eb86d30a1f4d01a84136b00f12ade3fd63cbc69722c0f2d3e2e209a46edfdc",
        ],
        "tcbDate": 1747180800,
        "tcbStatus": "OutOfDate",
        "tdAttributes": "0x0000001000000000",
        "version": 4,
        "xfam": "0xe702060000000000",
      }
    `)
  })

  test('behavior: a platform that lacks an update is accepted only by who says so', () => {
    expect(() => verifyTdx(quote, { at, collateral })).toThrowErrorMatchingInlineSnapshot(`
      [AttestationRefusedError: The TDX quote is refused by the rule \`tcbStatus\`: the status of its platform is OutOfDate, by INTEL-SA-01192, INTEL-SA-01245, INTEL-SA-01312, INTEL-SA-01313.

      Accept that status only if you know what the advisories are about.

      Docs: docs/attestation.md#tdx]
    `)
    expect(ruleOf(() => verify(quote, { tcbStatuses: ['UpToDate'] }))).toBe('tcbStatus')
  })

  test('behavior: it is judged for any second in which all that Intel says of it is in force', () => {
    const judge = (time: string) => ruleOf(() => verify(quote, { at: secondsOf(time) }))
    expect(judge('2026-10-07T12:00:00Z')).toBe('revocationList')
    expect(judge('2026-10-08T00:28:25Z')).toBe('revocationList')
    expect(judge('2026-10-08T00:28:26Z')).toBe('accepted')
    expect(judge('2026-11-06T23:45:11Z')).toBe('accepted')
    expect(judge('2026-11-06T23:45:12Z')).toBe('qeIdentity')
    expect(judge('2026-11-07T00:09:47Z')).toBe('tcbInfo')
    expect(judge('2026-11-07T00:28:27Z')).toBe('revocationList')
    expect(judge('2025-09-01T03:42:12Z')).toBe('certificateValidity')
  })
})

test('error: AttestationRefusedError for a platform below all levels of Intel, whatever is accepted', () => {
  expect(() => verify(older)).toThrowErrorMatchingInlineSnapshot(`
    [AttestationRefusedError: The TDX quote is refused by the rule \`tcbLevel\`: its platform is below all levels that Intel knows.

    Docs: docs/attestation.md#tdx]
  `)
})

test('behavior: another implementation judges both alike', () => {
  const { verify: verifyByOther } = createRequire(import.meta.url)('@phala/dcap-qvl') as {
    verify: (
      document: Uint8Array,
      collateral: unknown,
      seconds: number,
    ) => { status: string; advisory_ids: string[] }
  }
  const { status, advisory_ids } = verifyByOther(quote, realDcap(), at)
  const { tcbStatus, advisories } = verify(quote)
  expect([status, advisory_ids]).toEqual([tcbStatus, advisories])
  expect(() => verifyByOther(older, realDcap(), at)).toThrow('No matching TCB level')
})

describe('error: AttestationRefusedError for what is changed', () => {
  // Where it ends: header and body, then the size of what follows; keys and reports stand in the order in which they certify.
  const [body, signature, key, outer] = [632, 636, 700, 764] as const
  const [enclave, enclaveSignature, nonce, chain] = [770, 1_154, 1_218, 1_252] as const

  test.each([
    // Version 5, which names the type of its body; no version.
    ['body', 0, 1],
    ['version', 1, 2],
    ['algorithm', 2, 4],
    ['teeType', 4, 8],
    ['signature', 8, 12],
    ['algorithm', 12, 28],
    ['signature', 28, body],
    ['size', body, signature],
    ['signature', signature, key],
    ['attestationKey', key, outer],
    ['certification', outer, enclave],
    ['qeReport', enclave, enclaveSignature],
    ['qeReport', enclaveSignature, nonce],
    ['certification', nonce, nonce + 2],
    ['attestationKey', nonce + 2, nonce + 34],
    ['certification', nonce + 34, chain + 6],
  ] as const)('by `%s` in bytes %i to %i', (rule, from, to) => {
    for (let place = from; place < to; place++) {
      expect([place, ruleOf(() => verify(flipped(quote, place)))]).toEqual([place, rule])
    }
  })

  test('by a rule for certificates in those of the platform', () => {
    for (let place = chain + 6; place < quote.length; place += 11) {
      expect([place, ruleOf(() => verify(flipped(quote, place)))]).not.toEqual([place, 'accepted'])
    }
  })

  const changed: [string, string, Partial<TdxCollateral>][] = [
    [
      'tcbInfo',
      'the status of a level',
      { tcbInfo: edited('tcbInfo', '"OutOfDate"', '"UpToDate"') },
    ],
    ['tcbInfo', 'a space', { tcbInfo: edited('tcbInfo', ',', ', ') }],
    ['tcbInfo', 'its signature', { tcbInfo: resigned('tcbInfo') }],
    [
      'qeIdentity',
      'the version of the enclave',
      { qeIdentity: edited('qeIdentity', '"isvsvn":4', '"isvsvn":3') },
    ],
    ['qeIdentity', 'its signature', { qeIdentity: resigned('qeIdentity') }],
    [
      'revocationList',
      'a serial of the list',
      { platformList: flipped(collateral.platformList, 200) },
    ],
    ['revocationList', 'the list of the root', { rootList: flipped(collateral.rootList, 200) }],
    ['revocationList', 'lists for each other', { rootList: collateral.platformList }],
  ]
  test.each(changed)('by `%s` for %s', (rule, _, change) => {
    expect(ruleOf(() => verify(quote, { collateral: { ...collateral, ...change } }))).toBe(rule)
  })

  test('by `root` where another root is pinned', () => {
    expect(ruleOf(() => verify(quote, { pins: [sha256('0x')] }))).toBe('root')
  })
})

/** A text of Intel with something else in it, signed as before. */
function edited(name: 'tcbInfo' | 'qeIdentity', part: string, other: string) {
  const { text, ...rest } = collateral[name]
  expect(text).toContain(part)
  return { ...rest, text: text.replace(part, other) }
}

function resigned(name: 'tcbInfo' | 'qeIdentity') {
  const { signature, ...rest } = collateral[name]
  return { ...rest, signature: flipped(signature, 40) }
}

describe('zeros behind a quote', () => {
  test('error: AttestationRefusedError by `size`, though they are nothing', () => {
    expect(ruleOf(() => verify(padded(quote)))).toBe('size')
  })

  test('behavior: they can be cut, and nothing else is', () => {
    for (const bytes of [quote, older]) {
      expect(padded(bytes).length - bytes.length).toBe(70)
      expect(Buffer.from(cutPadding(padded(bytes))).equals(bytes)).toBe(true)
      expect(cutPadding(bytes)).toHaveLength(bytes.length)
    }
    for (const more of [Buffer.of(1), Buffer.of(0, 0, 1), Buffer.of(1, 0, 0)]) {
      const bytes = Buffer.concat([quote, more])
      expect(cutPadding(bytes)).toBe(bytes)
    }
  })

  test('behavior: version 5 says where it ends in another way', () => {
    for (const report15 of [true, false]) {
      const { document } = createTdxAuthority().documentOf({ version: 5, report15 })
      const bytes = Buffer.concat([document, Buffer.alloc(3)])
      expect(Buffer.from(cutPadding(bytes)).equals(document)).toBe(true)
    }
  })

  test('behavior: what is no quote, or is cut off, stays as it is', () => {
    const otherVersion = flipped(padded(quote), 1)
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(5_006),
      otherVersion,
      quote.subarray(0, -1),
    ]) {
      expect(cutPadding(bytes)).toBe(bytes)
    }
  })
})
