import { createHash } from 'node:crypto'
import {
  type AttestationArchive,
  encodeArchive,
  nitroPublicKeyOf,
  reportDataOf,
  verifyArchive,
} from '@assay/attestation'
import type { TdxEvent } from '@assay/attestation/tdx'
import type { EnvironmentClaim } from '@assay/sdk/formats'
import { type Hex, sha256, toHex } from 'viem'
import { eventDigestOf } from '../../../attestation/src/tdx/event-log.ts'
import { judgedAt } from './chains.ts'
import { createNitroAuthority } from './nitro-authority.ts'
import { createSnpAuthority } from './snp-authority.ts'
import { bodyAt, createTdxAuthority } from './tdx-authority.ts'

/** An archive as it is kept, and what is registered with it. */
export type Archived = { bytes: Buffer; pin: Hex; claim: EnvironmentClaim }

const keyType = 'ed25519' as const

/** Two good archives of each kind: of different authorities or products, of environments that differ in measurement and key. */
export function archivedPairs(): [Archived, Archived][] {
  const snp = createSnpAuthority()
  return [
    [nitroArchived(1), nitroArchived(2)],
    [snpArchived(snp, 3), snpArchived(snp, 4)],
    [tdxArchived(5), tdxArchived(6)],
  ]
}

const keyOf = (number: number) => toHex(number, { size: 32 })

function archived(archive: AttestationArchive, pin: Hex, number: number): Archived {
  const bytes = Buffer.from(encodeArchive(archive))
  const { kind, measurement } = verifyArchive(archive, { at: judgedAt, pins: [pin] })
  const claim = { kind, measurement, keyType, key: keyOf(number), attestationDigest: sha256(bytes) }
  return { bytes, pin, claim }
}

function nitroArchived(number: number): Archived {
  const { document, pin } = createNitroAuthority().documentOf({
    payload: (members) => {
      const key = nitroPublicKeyOf(keyType, keyOf(number))
      members.set('public_key', Buffer.from(key.slice(2), 'hex'))
      ;(members.get('pcrs') as Map<number, Buffer>).set(0, Buffer.alloc(48, number))
    },
  })
  return archived({ kind: 'nitro', document }, pin, number)
}

const reportData = (number: number) =>
  Buffer.from(reportDataOf(keyType, keyOf(number)).slice(2), 'hex')

function snpArchived(authority: ReturnType<typeof createSnpAuthority>, number: number): Archived {
  const { document, collateral, pin } = authority.documentOf({
    product: number % 2 ? 'Milan' : 'Turin',
    list: {},
    report: (report) => report.fill(reportData(number), 0x50, 0x70).fill(number, 0x90, 0xc0),
  })
  return archived({ kind: 'sev-snp', document, collateral }, pin, number)
}

function tdxArchived(number: number): Archived {
  const eventLog = eventsOf(number)
  const version = number % 2 ? 4 : 5
  const { document, collateral, pin } = createTdxAuthority().documentOf({
    version,
    signedPart: (bytes) => {
      const body = bytes.subarray(version === 5 ? 48 + 6 : 48)
      body.fill(number, bodyAt.mrTd, bodyAt.mrTd + 48)
      body.fill(reportData(number), bodyAt.reportData, bodyAt.reportData + 32)
      body.fill(0, bodyAt.rtmrs, bodyAt.rtmrs + 4 * 48)
      registerOf(eventLog).copy(body, bodyAt.rtmrs + 3 * 48)
      return bytes
    },
  })
  return archived({ kind: 'tdx', document, collateral: { ...collateral, eventLog } }, pin, number)
}

/** As dstack writes them. No content is so short that one change of bytes takes it away as a whole. */
function eventsOf(number: number): TdxEvent[] {
  return Object.entries({
    'app-id': Buffer.alloc(80, number),
    'key-provider': `{"name":"kms","id":"${String(number).repeat(80)}"}`,
    '\ufffd': Buffer.alloc(80, number + 1),
  }).map(([name, payload]) => {
    const content = { type: 0x0800_0001, name, payload: Buffer.from(payload) }
    return { register: 3, digest: eventDigestOf(content), content }
  })
}

function registerOf(events: readonly TdxEvent[]): Buffer {
  return events.reduce(
    (before, { digest }) => createHash('sha384').update(before).update(digest).digest(),
    Buffer.alloc(48),
  )
}
