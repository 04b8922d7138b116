import { type AttestationArchive, type AttestationKind, maxArchiveBytes } from '@assay/attestation'
import { readDcapCollateral, readDstackEventLog } from '@assay/attestation/tdx'
import { InputError, UsageError } from '../errors.ts'
import { fileChunks, gather } from '../input/chunks.ts'
import { defaultTimeout } from '../input/limits.ts'
import { readFileText } from '../input/read-text.ts'
import { readDers } from './read-ders.ts'

/** Files of an attestation that is to be archived. */
export type AttestationFiles = {
  kind: string
  document: string
  collateral?: string[]
  eventLog?: string
  revocationList?: string
}

const timeoutMillis = defaultTimeout * 1000

/**
 * Reads a document with the collateral of its kind. None of it is judged.
 *
 * @throws UsageError if the kind needs other files; InputError, InvalidAttestationOptionsError
 */
export async function readAttestationFiles(files: AttestationFiles): Promise<AttestationArchive> {
  const { kind } = files
  if (!isKind(kind)) throw new UsageError('`--kind` must be nitro, tdx or sev-snp.')
  checkFiles(kind, files)
  const chunks = fileChunks(files.document, timeoutMillis)
  const document = await gather(chunks, files.document, maxArchiveBytes)
  switch (kind) {
    case 'nitro':
      return { kind, document }
    case 'tdx':
      return { kind, document, collateral: await readTdxCollateral(files) }
    case 'sev-snp':
      return { kind, document, collateral: await readSnpCollateral(files) }
  }
}

const isKind = (kind: string): kind is AttestationKind => Object.hasOwn(options, kind)

/** Options with files that a kind takes beside the document. */
const options: Record<AttestationKind, Partial<Record<keyof AttestationFiles, string>>> = {
  nitro: {},
  tdx: { collateral: '--collateral', eventLog: '--event-log' },
  'sev-snp': { collateral: '--collateral', revocationList: '--revocation-list' },
}

function checkFiles(kind: AttestationKind, files: AttestationFiles): void {
  const taken = options[kind]
  for (const [name, option] of Object.entries({ ...options.tdx, ...options['sev-snp'] })) {
    if (files[name as keyof AttestationFiles] !== undefined && !Object.hasOwn(taken, name)) {
      throw new UsageError(`\`${option}\` is nothing for the kind ${kind}.`)
    }
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

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFileText(path, maxArchiveBytes, timeoutMillis))
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new InputError(path, 'is no JSON', { cause })
    throw cause
  }
}
