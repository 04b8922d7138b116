import {
  type AttestationArchive,
  type Inspected,
  kindOfDocument,
  maxArchiveBytes,
  readArchive,
} from '@assay/attestation'
import { InputError } from '../errors.ts'
import { fileChunks, gather } from '../input/chunks.ts'
import { defaultTimeout } from '../input/limits.ts'

/** What a file holds: an archive, or a bare document, whose collateral is then not at hand. */
export type AttestationFile = {
  bytes: Uint8Array
  archive: AttestationArchive | undefined
  document: Inspected
}

/** Reads an attestation. @throws InputError, InvalidArchiveError */
export async function readAttestation(path: string): Promise<AttestationFile> {
  const bytes = await gather(fileChunks(path, defaultTimeout * 1000), path, maxArchiveBytes)
  if (bytes[0] === '{'.charCodeAt(0)) {
    const archive = readArchive(bytes)
    return { bytes, archive, document: archive }
  }
  const kind = kindOfDocument(bytes)
  if (kind === undefined) {
    throw new InputError(path, 'is no attestation of a kind that is known', {
      metaMessages: [
        'Give an archive (JSON), or the bytes of a Nitro document, a TDX quote or a SEV-SNP report.',
      ],
      docsPath: 'attestation.md',
    })
  }
  const document = { kind, document: bytes }
  // A Nitro document brings all that it takes.
  const archive = kind === 'nitro' ? { kind, document: bytes } : undefined
  return { bytes, archive, document }
}

/** The archive that a file holds. @throws InputError if it holds a bare document that can't be judged by itself */
export async function readWholeAttestation(path: string) {
  const { bytes, archive, document } = await readAttestation(path)
  if (archive) return { bytes, archive }
  throw new InputError(path, `is a bare document (${document.kind}), which can't be judged alone`, {
    metaMessages: ['Archive it together with its collateral: `assay environment archive`.'],
    docsPath: 'attestation.md#archives',
  })
}
