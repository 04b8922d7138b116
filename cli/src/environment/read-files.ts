import {
  type AciBinding,
  type AttestationArchive,
  type AttestationKind,
  maxArchiveBytes,
  readAciReport,
} from '@assay/attestation'
import { hexToBytes } from 'viem'
import { readDcapCollateral, readDstackEventLog } from '@assay/attestation/tdx'
import { InputError, UsageError } from '../errors.ts'
import { fileChunks, gather } from '../input/chunks.ts'
import { defaultTimeout } from '../input/limits.ts'
import { readFileText } from '../input/read-text.ts'
import { wordFrom } from '../input/words.ts'
import { readDers } from './read-ders.ts'

/** Files of an attestation that is to be archived. */
export type AttestationFiles = {
  kind: string
  document: string
  collateral?: string[]
  eventLog?: string
  revocationList?: string
  aciReport?: string
  aciNonce?: string
}

const timeoutMillis = defaultTimeout * 1000

/**
 * Reads a document with the collateral of its kind, and the keyset that its report data bind. None of it is judged.
 *
 * @throws UsageError if the kind needs other files; InputError, InvalidAttestationOptionsError
 */
export async function readAttestationFiles(files: AttestationFiles): Promise<AttestationArchive> {
  const { kind } = files
  if (!isKind(kind)) throw new UsageError('`--kind` must be nitro, tdx or sev-snp.')
  checkFiles(kind, files)
  const chunks = fileChunks(files.document, timeoutMillis)
  const document = await gather(chunks, files.document, maxArchiveBytes)
  if (kind === 'nitro') return { kind, document }
  const aci = await readAci(files)
  return kind === 'tdx'
    ? { kind, document, collateral: await readTdxCollateral(files), ...aci }
    : { kind, document, collateral: await readSnpCollateral(files), ...aci }
}

const isKind = (kind: string): kind is AttestationKind => Object.hasOwn(options, kind)

const aciOptions = { aciReport: '--aci-report', aciNonce: '--aci-nonce' } as const

/** Options that a kind takes beside the document. */
const options: Record<AttestationKind, Partial<Record<keyof AttestationFiles, string>>> = {
  nitro: {},
  tdx: { collateral: '--collateral', eventLog: '--event-log', ...aciOptions },
  'sev-snp': { collateral: '--collateral', revocationList: '--revocation-list', ...aciOptions },
}

function checkFiles(kind: AttestationKind, files: AttestationFiles): void {
  const taken = options[kind]
  for (const [name, option] of Object.entries({ ...options.tdx, ...options['sev-snp'] })) {
    if (files[name as keyof AttestationFiles] !== undefined && !Object.hasOwn(taken, name)) {
      throw new UsageError(`\`${option}\` is nothing for the kind ${kind}.`)
    }
  }
  if (files.aciNonce !== undefined && files.aciReport === undefined) {
    throw new UsageError('`--aci-nonce` goes with `--aci-report`, which was asked for with it.')
  }
  if (taken.collateral === undefined) return
  const { length } = files.collateral ?? []
  if (length === 0 || (kind === 'tdx' && length > 1)) {
    throw new UsageError(`The kind ${kind} needs \`--collateral\`, by which it is judged.`, {
      metaMessages: [
        kind === 'tdx'
          ? "Give one file: the JSON that DCAP's tools give for the quote, such as `get_collateral` of dcap-qvl."
          : "Give three certificates: of the key that signed the report, of AMD's signing key, of the root.",
      ],
      docsPath: 'attestation.md#archives',
    })
  }
}

async function readTdxCollateral({ collateral: [path] = [], eventLog }: AttestationFiles) {
  const read = readDcapCollateral(await readJson(path!))
  return eventLog === undefined
    ? read
    : { ...read, eventLog: readDstackEventLog(await readJson(eventLog)) }
}

async function readSnpCollateral({ collateral = [], revocationList }: AttestationFiles) {
  const read = await Promise.all(collateral.map((path) => readDers(path, 'CERTIFICATE')))
  const certificates = read.flat()
  if (certificates.length !== 3) {
    throw new InputError(
      collateral.join(', '),
      `holds ${certificates.length} certificates, not 3`,
      {
        metaMessages: [
          "It takes those of the key that signed the report, of AMD's signing key and of the root, in this order.",
        ],
        docsPath: 'attestation.md#sev-snp',
      },
    )
  }
  if (revocationList === undefined) return { certificates }
  const [list, ...more] = await readDers(revocationList, 'X509 CRL')
  if (more.length > 0) throw new InputError(revocationList, 'holds more than one list')
  return { certificates, revocationList: list! }
}

async function readAci({ aciReport, aciNonce }: AttestationFiles): Promise<{ aci?: AciBinding }> {
  if (aciReport === undefined) return {}
  const nonce = aciNonce === undefined ? undefined : wordFrom(aciNonce, '`--aci-nonce`')
  const keyset = readAciReport(await readJson(aciReport))
  return { aci: { keyset, ...(nonce && { nonce: hexToBytes(nonce) }) } }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFileText(path, maxArchiveBytes, timeoutMillis))
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new InputError(path, 'is no JSON', { cause })
    throw cause
  }
}
