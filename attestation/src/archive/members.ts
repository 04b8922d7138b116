import type { AciBinding } from '../aci/bound-keyset.ts'
import { base64Bytes, isUnicode } from '../judging/bytes.ts'
import type { SevSnpCollateral } from '../sev-snp/verify-sev-snp.ts'
import type { SignedText, TdxCollateral } from '../tdx/collateral.ts'
import type { TdxEvent } from '../tdx/event-log.ts'
import { InvalidArchiveError } from './errors.ts'

/** Where in an archive. */
export type Path = readonly (string | number)[]
type Members = Readonly<Record<string, unknown>>

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

function refuse(path: Path, problem: string): never {
  throw new InvalidArchiveError(path.join('.'), problem)
}

export function objectAt(value: unknown, path: Path): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members
  return refuse(path, 'must be an object')
}

/** Bytes in base64 (RFC 4648, section 4), in its one encoding. */
export function bytesAt(value: unknown, path: Path): Uint8Array {
  return base64Bytes(textAt(value, path)) ?? refuse(path, 'must be base64')
}

function textAt(value: unknown, path: Path): string {
  return typeof value === 'string' && isUnicode(value) ? value : refuse(path, 'must be a text')
}

function numberAt(value: unknown, path: Path): number {
  return Number.isSafeInteger(value) ? (value as number) : refuse(path, 'must be a whole number')
}

function listAt(value: unknown, path: Path): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : refuse(path, 'must be a list')
}

export function writeSevSnp({ certificates, revocationList }: SevSnpCollateral) {
  return {
    certificates: certificates.map(base64),
    ...(revocationList && { revocationList: base64(revocationList) }),
  }
}

export function readSevSnp(value: unknown, path: Path): SevSnpCollateral {
  const members = objectAt(value, path)
  const { certificates, revocationList } = members
  return {
    certificates: listAt(certificates, [...path, 'certificates']).map((certificate, i) =>
      bytesAt(certificate, [...path, 'certificates', i]),
    ),
    ...(revocationList !== undefined && {
      revocationList: bytesAt(revocationList, [...path, 'revocationList']),
    }),
  }
}

/** The keyset stays as it is: its form is judged with the document. */
export function writeAci({ keyset, nonce }: AciBinding) {
  return { keyset, ...(nonce && { nonce: base64(nonce) }) }
}

export function readAci(value: unknown, path: Path): AciBinding {
  const { keyset, nonce } = objectAt(value, path)
  return {
    keyset: objectAt(keyset, [...path, 'keyset']),
    ...(nonce !== undefined && { nonce: bytesAt(nonce, [...path, 'nonce']) }),
  }
}

export function writeTdx({ tcbInfo, qeIdentity, rootList, platformList, eventLog }: TdxCollateral) {
  const signed = ({ text, signature, issuerChain }: SignedText) => ({
    text,
    signature: base64(signature),
    issuerChain,
  })
  return {
    tcbInfo: signed(tcbInfo),
    qeIdentity: signed(qeIdentity),
    rootList: base64(rootList),
    platformList: base64(platformList),
    ...(eventLog && { eventLog: eventLog.map(writeEvent) }),
  }
}

export function readTdx(value: unknown, path: Path): TdxCollateral {
  const members = objectAt(value, path)
  const signed = (name: string): SignedText => {
    const at = [...path, name]
    const { text, signature, issuerChain } = objectAt(members[name], at)
    return {
      text: textAt(text, [...at, 'text']),
      signature: bytesAt(signature, [...at, 'signature']),
      issuerChain: textAt(issuerChain, [...at, 'issuerChain']),
    }
  }
  const { eventLog } = members
  return {
    tcbInfo: signed('tcbInfo'),
    qeIdentity: signed('qeIdentity'),
    rootList: bytesAt(members.rootList, [...path, 'rootList']),
    platformList: bytesAt(members.platformList, [...path, 'platformList']),
    ...(eventLog !== undefined && {
      eventLog: listAt(eventLog, [...path, 'eventLog']).map((event, i) =>
        readEvent(event, [...path, 'eventLog', i]),
      ),
    }),
  }
}

function writeEvent({ register, digest, content }: TdxEvent) {
  return {
    register,
    digest: base64(digest),
    ...(content && { content: { ...content, payload: base64(content.payload) } }),
  }
}

function readEvent(value: unknown, path: Path): TdxEvent {
  const { register, digest, content } = objectAt(value, path)
  const event = {
    register: numberAt(register, [...path, 'register']),
    digest: bytesAt(digest, [...path, 'digest']),
  }
  if (content === undefined) return event
  const at = [...path, 'content']
  const { type, name, payload } = objectAt(content, at)
  return {
    ...event,
    content: {
      type: numberAt(type, [...at, 'type']),
      name: textAt(name, [...at, 'name']),
      payload: bytesAt(payload, [...at, 'payload']),
    },
  }
}
