import type { Hex } from 'viem'
import type { AciBinding } from '../aci/bound-keyset.ts'
import { canonicalJson } from '../canonical-json.ts'
import { isWithinExtent } from '../json-extent.ts'
import { sha256Hex } from '../judging/bytes.ts'
import type { SevSnpCollateral } from '../sev-snp/verify-sev-snp.ts'
import type { TdxCollateral } from '../tdx/collateral.ts'
import { InvalidArchiveError } from './errors.ts'
import {
  bytesAt,
  objectAt,
  type Path,
  readAci,
  readSevSnp,
  readTdx,
  writeAci,
  writeSevSnp,
  writeTdx,
} from './members.ts'

/** A document with what it takes to judge it later, and what its report data bind in place of a key. */
export type AttestationArchive =
  | { kind: 'nitro'; document: Uint8Array; aci?: undefined }
  | {
      kind: 'sev-snp'
      document: Uint8Array
      collateral: SevSnpCollateral
      aci?: AciBinding | undefined
    }
  | { kind: 'tdx'; document: Uint8Array; collateral: TdxCollateral; aci?: AciBinding | undefined }

const schema = 'assay/attestation/v1'
/** Largest archive that is read, in bytes. */
export const maxArchiveBytes = 4_194_304
/** The content of an event is the deepest; a log of 10,000 events, which is the longest that is judged, has 70,000 parts. */
const extent = { maxDepth: 5, maxParts: 80_000 }

/**
 * Bytes of an archive: its canonical JSON (RFC 8785) in UTF-8.
 *
 * @throws InvalidArchiveError if what is in it has no canonical JSON.
 */
export function encodeArchive(archive: AttestationArchive): Uint8Array {
  const { kind, document, aci } = archive
  const collateral =
    archive.kind === 'tdx'
      ? writeTdx(archive.collateral)
      : archive.kind === 'sev-snp'
        ? writeSevSnp(archive.collateral)
        : undefined
  const base64 = Buffer.from(document).toString('base64')
  const members = {
    ...{ schema, kind, document: base64 },
    ...(collateral && { collateral }),
    ...(aci && { aci: writeAci(aci) }),
  }
  try {
    return Buffer.from(canonicalJson(members))
  } catch (cause) {
    throw new InvalidArchiveError('', 'has no canonical JSON (RFC 8785)', { cause })
  }
}

/** Digest of an archive, by which an environment is registered with it: SHA-256 of its bytes. */
export function archiveDigestOf(archive: AttestationArchive): Hex {
  return sha256Hex(encodeArchive(archive))
}

/**
 * Reads an archive in its one form: no member that is unknown, none twice, in the order and the encoding of RFC 8785.
 *
 * @throws InvalidArchiveError
 */
export function readArchive(bytes: Uint8Array): AttestationArchive {
  if (bytes.length > maxArchiveBytes) throw new InvalidArchiveError('', 'is too large')
  if (!isWithinExtent(bytes, extent)) throw new InvalidArchiveError('', 'has too many parts')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (cause) {
    throw new InvalidArchiveError('', 'is no JSON', { cause })
  }
  const members = objectAt(value, [])
  if (members.schema !== schema) throw new InvalidArchiveError('schema', `must be ${schema}`)
  const archive = readMembers(members)
  if (Buffer.compare(encodeArchive(archive), bytes) !== 0) {
    throw new InvalidArchiveError('', 'is not in its one form (RFC 8785), or has more members')
  }
  return archive
}

function readMembers(members: Readonly<Record<string, unknown>>): AttestationArchive {
  const { kind } = members
  const document = bytesAt(members.document, ['document'])
  const path: Path = ['collateral']
  if (kind === 'nitro') return { kind, document }
  const aci = members.aci === undefined ? {} : { aci: readAci(members.aci, ['aci']) }
  if (kind === 'sev-snp')
    return { kind, document, collateral: readSevSnp(members.collateral, path), ...aci }
  if (kind === 'tdx')
    return { kind, document, collateral: readTdx(members.collateral, path), ...aci }
  throw new InvalidArchiveError('kind', 'must be nitro, tdx or sev-snp')
}
