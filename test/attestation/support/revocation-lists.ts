import type { KeyObject } from 'node:crypto'
import {
  type Algorithm,
  algorithmIdentifier,
  type Extension,
  name,
  signBy,
  writeExtension,
} from './certificates.ts'
import { bits, explicit, integer, integerFrom, sequence, time } from './der.ts'

/** All that a list of revocations says. */
export type ListSpec = {
  /** Of its format. Default: 2. */
  version?: number
  issuer: string
  signer: KeyObject
  algorithm: Algorithm
  /** Serial numbers. */
  revoked: readonly Uint8Array[]
  thisUpdate: number
  nextUpdate: number
  extensions?: readonly Extension[]
  /** Changes bytes once they are signed. */
  afterSigning?: (der: Buffer) => Uint8Array
}

/** Writes a list of revocations, signed. */
export function writeList(spec: ListSpec): Buffer {
  const identifier = algorithmIdentifier(spec.algorithm)
  const number: Extension = { id: '2.5.29.20', value: integer(1) }
  const entries = spec.revoked.map((serial) => sequence(integerFrom(serial), time(spec.thisUpdate)))
  const signed = sequence(
    integer((spec.version ?? 2) - 1),
    identifier,
    name(spec.issuer),
    time(spec.thisUpdate),
    time(spec.nextUpdate),
    ...(entries.length ? [sequence(...entries)] : []),
    explicit(0, sequence(...[number, ...(spec.extensions ?? [])].map(writeExtension))),
  )
  const der = sequence(signed, identifier, bits(signBy(spec.algorithm, signed, spec.signer)))
  return Buffer.from(spec.afterSigning?.(der) ?? der)
}
