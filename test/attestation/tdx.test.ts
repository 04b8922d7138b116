import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import {
  intelRoots,
  readDcapCollateral,
  readDstackEventLog,
  type TdxEvent,
  type TdxOptions,
  verifyTdx,
} from '@assay/attestation/tdx'
import { type Hex, sha256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { eventDigestOf } from '../../attestation/src/tdx/event-log.ts'
import { readPlatform } from '../../attestation/src/tdx/platform.ts'
import { readCertificate } from '../../attestation/src/x509/certificate.ts'
import { judgedAt } from './support/chains.ts'
import { dcapOf } from './support/dcap-json.ts'
import { ruleOf } from './support/refusals.ts'
import { bodyAt, createTdxAuthority, type TdxChanges } from './support/tdx-authority.ts'
import { certificatesIn } from './support/vectors.ts'

const authority = createTdxAuthority()
const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`

function verify(changes: TdxChanges = {}, options: Partial<TdxOptions> = {}) {
  const { document, collateral, pin } = authority.documentOf(changes)
  return verifyTdx(document, { at: judgedAt, pins: [pin], collateral, ...options })
}

describe('default', () => {
  test.each([
    ['version 4', {}],
    ['version 5, TD report 1.0', { version: 5, report15: false }],
    ['version 5, TD report 1.5', { version: 5 }],
  ] as const)('a quote of %s shows what the domain is', (_, changes) => {
    const report = verify(changes)
    const registers = [0xd0, 0xa0, 0xa1, 0xa2, 0xa3].map((byte) => Buffer.alloc(48, byte))
    expect(report).toMatchObject({
      kind: 'tdx',
      version: 'version' in changes ? 5 : 4,
      tcbStatus: 'UpToDate',
      advisories: [],
      tcbDate: Date.UTC(2026, 1, 11) / 1000,
      evaluationNumber: 19,
      fmspc: '0x00906ed50000',
      mrTd: hex(registers[0]!),
      rtmrs: registers.slice(1).map(hex),
      measurement: sha256(Buffer.concat(registers)),
      reportData: `0x${'da'.repeat(64)}`,
      tdAttributes: '0x0000001000000000',
    })
    expect(report.notCovered.join()).toContain('no log of events')
  })

  test('behavior: a line end or a zero byte behind the certificates makes no difference', () => {
    for (const pem of [(text: string) => text, (text: string) => text.slice(0, -1)]) {
      expect(verify({ pem }).tcbStatus).toBe('UpToDate')
    }
  })

  test('behavior: the first TDX module is judged with the platform', () => {
    const first = (bytes: Buffer) => {
      bytes.writeUInt8(0, 48 + 1)
      return bytes
    }
    const info = (it: { tcbLevels: { tcb: { tdxtcbcomponents: { svn: number }[] } }[] }) => {
      for (const { tcb } of it.tcbLevels) tcb.tdxtcbcomponents[1] = { svn: 0 }
    }
    expect(verify({ signedPart: first, info }).tcbStatus).toBe('UpToDate')
    // Its own version counts now: with 4 it is below the highest level.
    const older = (bytes: Buffer) => {
      bytes.writeUInt8(4, 48)
      return first(bytes)
    }
    expect(verify({ signedPart: older, info }, { tcbStatuses: ['OutOfDate'] }).tcbStatus).toBe(
      'OutOfDate',
    )
  })
})

describe('behavior: the status is that of platform, module and quoting enclave together', () => {
  const accepted = [
    'UpToDate',
    'OutOfDate',
    'SWHardeningNeeded',
    'ConfigurationNeeded',
    'ConfigurationAndSWHardeningNeeded',
    'OutOfDateConfigurationNeeded',
  ] as const
  const platform = (status: string): TdxChanges => ({
    info: (info) => {
      info.tcbLevels[0]!.tcbStatus = status
      info.tcbLevels[0]!.advisoryIDs = ['INTEL-SA-00009']
    },
  })
  const olderEnclave: TdxChanges = { enclave: (report) => report.writeUInt16LE(3, 258) }
  const olderModule: TdxChanges = {
    signedPart: (bytes) => {
      bytes.writeUInt8(4, 48)
      return bytes
    },
  }

  test.each([
    [
      'the platform needs hardening',
      platform('SWHardeningNeeded'),
      'SWHardeningNeeded',
      ['INTEL-SA-00009'],
    ],
    [
      'the platform needs both',
      platform('ConfigurationAndSWHardeningNeeded'),
      'ConfigurationAndSWHardeningNeeded',
      ['INTEL-SA-00009'],
    ],
    ['the enclave is old', olderEnclave, 'OutOfDate', ['INTEL-SA-00003']],
    [
      'the enclave is old, the platform not configured',
      { ...platform('ConfigurationNeeded'), ...olderEnclave },
      'OutOfDateConfigurationNeeded',
      ['INTEL-SA-00009', 'INTEL-SA-00003'],
    ],
    [
      'the enclave is old, the platform needs hardening',
      { ...platform('SWHardeningNeeded'), ...olderEnclave },
      'OutOfDate',
      ['INTEL-SA-00009', 'INTEL-SA-00003'],
    ],
    ['the module is old', olderModule, 'OutOfDate', ['INTEL-SA-00002']],
    [
      'the processor is a level below',
      { extension: (parts) => void (parts.cpuSvns[0] = 2) },
      'OutOfDate',
      ['INTEL-SA-00001'],
    ],
    [
      'the provisioning enclave is a level below',
      { extension: (parts) => void (parts.pceSvn = 12) },
      'OutOfDate',
      ['INTEL-SA-00001'],
    ],
  ] satisfies [string, TdxChanges, string, string[]][])('%s', (_, changes, status, advisories) => {
    const report = verify(changes, { tcbStatuses: accepted })
    expect(report.tcbStatus).toBe(status)
    expect(report.advisories).toEqual(advisories)
    const strict = ruleOf(() => verify(changes))
    expect(strict).toBe(status === 'SWHardeningNeeded' ? 'accepted' : 'tcbStatus')
  })
})

describe('behavior: a log of events is replayed', () => {
  const event = (register: number, name: string): TdxEvent => {
    const content = { type: 0x0800_0001, name, payload: Buffer.from(`of: ${name}`) }
    const type = Buffer.from('01000008', 'hex')
    const hash = createHash('sha384').update(type).update(`:${name}:of: ${name}`)
    return { register, digest: hash.digest(), content }
  }
  const eventLog = [
    event(0, 'firmware'),
    event(3, 'app-id'),
    event(1, 'kernel'),
    event(3, 'key-provider'),
  ]
  const extend = (register: number) =>
    eventLog
      .filter((it) => it.register === register)
      .reduce<Uint8Array>(
        (value, { digest }) => createHash('sha384').update(value).update(digest).digest(),
        new Uint8Array(48),
      )
  const signedPart = (bytes: Buffer) => {
    for (let i = 0; i < 4; i++) bytes.set(extend(i), 48 + bodyAt.rtmrs + 48 * i)
    return bytes
  }
  const verifyLog = (log: readonly TdxEvent[]) =>
    verify({ signedPart, collateral: (it) => ({ ...it, eventLog: log }) })

  test('default', () => {
    const report = verifyLog(eventLog)
    expect(report.rules.map(({ rule }) => rule)).toContain('eventLog')
    expect(report.notCovered.join()).not.toContain('log of events')
  })

  test.each([
    ['an event less', eventLog.slice(1)],
    ['another order', [eventLog[3]!, eventLog[0]!, eventLog[1]!, eventLog[2]!]],
    ['another register', [{ ...eventLog[0]!, register: 2 }, ...eventLog.slice(1)]],
    ['no register', [{ ...eventLog[0]!, register: 4 }, ...eventLog.slice(1)]],
    ['a digest of another size', [{ register: 0, digest: Buffer.alloc(32) }, ...eventLog.slice(1)]],
    [
      'another content',
      [
        { ...eventLog[0]!, content: { ...eventLog[0]!.content!, name: 'other' } },
        ...eventLog.slice(1),
      ],
    ],
    ['too many events', Array.from({ length: 10_001 }, () => eventLog[0]!)],
  ])('error: AttestationRefusedError for %s', (_, log) => {
    expect(ruleOf(() => verifyLog(log))).toBe('eventLog')
  })

  test.each([
    ['a type of more than four bytes', { type: 0x0800_0001 + 2 ** 32 }],
    ['a type below zero', { type: 0x0800_0001 - 2 ** 32 }],
    ['a name that goes on in the payload', { name: 'app-id:of', payload: Buffer.from(' app-id') }],
  ])('error: AttestationRefusedError for %s, though it has the same digest', (_, change) => {
    const changed = { ...eventLog[1]!, content: { ...eventLog[1]!.content!, ...change } }
    expect(eventDigestOf(changed.content)).toEqual(changed.digest)
    const log = eventLog.with(1, changed)
    expect(ruleOf(() => verifyLog(log))).toBe('eventLog')
  })

  describe('in the form of dstack', () => {
    const plain = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
    const logged = eventLog.map(({ register, digest, content }) => ({
      ...{ imr: register, event_type: content!.type, digest: plain(digest) },
      ...{ event: content!.name, event_payload: plain(content!.payload) },
    }))
    const firmware = { ...logged[0]!, event_type: 1, event_payload: '00' }

    test('default: its events hold; digests that are left out follow from the contents', () => {
      expect(readDstackEventLog(logged)).toEqual(eventLog)
      const without = logged.map(({ digest: _, ...rest }) => rest)
      expect(readDstackEventLog(without)).toEqual(eventLog)
      expect(readDstackEventLog(logged.map((it) => ({ ...it, digest: '' })))).toEqual(eventLog)
      verifyLog(readDstackEventLog([firmware, ...without.slice(1)]))
    })

    test('behavior: of an event whose name holds “:” the digest alone is taken', () => {
      const content = { type: 0x0800_0001, name: 'a:b', payload: Buffer.from('c') }
      const named = { ...logged[0], event: 'a:b', event_payload: '63', digest: undefined }
      expect(readDstackEventLog([named])).toEqual([{ register: 0, digest: eventDigestOf(content) }])
    })

    test('behavior: a digest that is given is judged, not replaced', () => {
      const changed = [{ ...logged[0]!, event_payload: '00' }, ...logged.slice(1)]
      expect(ruleOf(() => verifyLog(readDstackEventLog(changed)))).toBe('eventLog')
    })

    test.each([
      ['no list', { 0: logged[0] }],
      ['an event that is none', [null]],
      ['no register', [{ ...logged[0], imr: -1 }]],
      ['a type that is a text', [{ ...logged[0], event_type: '1' }]],
      ['a digest that is no hex', [{ ...logged[0], digest: '0x00' }]],
      ['no digest of the firmware', [{ ...firmware, digest: undefined }]],
      ['no name', [{ ...logged[0], event: undefined }]],
      ['half a byte', [{ ...logged[0], event_payload: '0' }]],
    ])('error: InvalidAttestationOptionsError for %s', (_, value) => {
      expect(() => readDstackEventLog(value)).toThrow(
        expect.objectContaining({ name: 'InvalidAttestationOptionsError' }),
      )
    })
  })
})

describe('behavior: another implementation takes and refuses the same quotes', () => {
  type Verifier = {
    verify: (quote: Uint8Array, collateral: unknown, seconds: number) => { status: string }
  }
  const { QuoteVerifier } = createRequire(import.meta.url)('@phala/dcap-qvl') as {
    QuoteVerifier: { newWithRootCa: (der: Uint8Array) => Verifier }
  }
  const verifyByOther = (changes: TdxChanges) => {
    const { document, collateral, rootDer } = authority.documentOf(changes)
    const other = QuoteVerifier.newWithRootCa(rootDer)
    return other.verify(document, dcapOf(collateral), judgedAt).status
  }

  test('behavior: collateral is read in the form that its tools give it', () => {
    const { collateral } = authority.documentOf()
    const dcap = dcapOf(collateral)
    expect(readDcapCollateral(dcap)).toEqual(collateral)
    for (const wrong of [null, [], { ...dcap, pck_crl: '0x00' }, { ...dcap, tcb_info: 1 }]) {
      expect(() => readDcapCollateral(wrong)).toThrow(
        expect.objectContaining({ name: 'InvalidAttestationOptionsError' }),
      )
    }
  })

  test('default', () => {
    for (const changes of [{}, { version: 5 }, { version: 5, report15: false }] as const) {
      expect(verifyByOther(changes)).toBe('UpToDate')
    }
  })

  test.each([
    [
      'a debugged domain',
      { signedPart: (bytes: Buffer) => (bytes.writeUInt8(1, 48 + bodyAt.tdAttributes), bytes) },
    ],
    ['another platform', { extension: (parts: { fmspc: Buffer }) => void parts.fmspc.fill(7) }],
    ['another enclave', { enclave: (report: Buffer) => void report.fill(1, 128, 160) }],
    ['a revoked key', { platformList: { revoked: [authority.serials.platform] } }],
  ] satisfies [string, TdxChanges][])('error: for %s', (_, changes) => {
    expect(() => verifyByOther(changes)).toThrow()
    expect(ruleOf(() => verify(changes))).not.toBe('accepted')
  })
})

test('behavior: the root of Intel is the one that is pinned', () => {
  const { TRUSTED_ROOT_CA_DER } = createRequire(import.meta.url)(
    '@phala/dcap-qvl/src/constants.js',
  ) as {
    TRUSTED_ROOT_CA_DER: Uint8Array
  }
  expect([sha256(TRUSTED_ROOT_CA_DER)]).toEqual([...intelRoots])
})

test("behavior: Intel's certificates are read, and what they say of a platform", () => {
  const [der] = certificatesIn('intel-pck.pem')
  const certificate = readCertificate(der!)
  expect(certificate.commonName).toBe('Intel SGX PCK Certificate')
  expect(readPlatform(certificate)).toEqual({
    fmspc: '10475c0d0000',
    pceId: '0000',
    pceSvn: 55_396,
    cpuSvns: [0, 67, 199, 92, 215, 180, 59, 173, 78, 191, 190, 67, 213, 95, 52, 165],
  })
})
