import { maxArchiveBytes } from '@assay/attestation'
import { InputError } from '../errors.ts'
import { fileChunks, gather } from '../input/chunks.ts'
import { defaultTimeout } from '../input/limits.ts'

/**
 * What a file holds in DER: all of its bytes, or each of the blocks of a label in PEM (RFC 7468), with whatever stands between them.
 *
 * @throws InputError
 */
export async function readDers(
  path: string,
  label: 'CERTIFICATE' | 'X509 CRL',
): Promise<Uint8Array[]> {
  const bytes = await gather(fileChunks(path, defaultTimeout * 1000), path, maxArchiveBytes)
  // A sequence: no text begins with this byte and one of a length.
  if (bytes[0] === 0x30 && bytes[1]! >= 0x80) return [bytes]
  const block = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, 'g')
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(block)]
  if (blocks.length > 0) return blocks.map(([, base64 = '']) => Buffer.from(base64, 'base64'))
  throw new InputError(path, `is no ${label} in DER or PEM`)
}
