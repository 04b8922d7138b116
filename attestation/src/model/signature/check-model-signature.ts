import { checkByCertificates } from './check-by-certificates.ts'
import { checkByKey } from './check-by-key.ts'
import { checkBySigstore, type SigstoreTrust } from './check-by-sigstore.ts'
import { readBundle } from './read-bundle.ts'
import { readStatement, type SignedModel } from './read-statement.ts'

/** By what a signature is to be checked. */
export type SignatureTrust =
  | {
      by: 'key'
      /** Public key in PEM, of P-256, P-384 or P-521. */
      publicKey: string
    }
  | {
      by: 'certificates'
      /** Certificates that are trusted to issue, in PEM. */
      certificates: string
      /** In ms since 1970. Default: now. */
      now?: number
    }
  | ({ by: 'sigstore' } & SigstoreTrust)

/** What a signature says, and whom the certificate names, if it is one. */
export type CheckedSignature = { model: SignedModel; signer: string | undefined }

/**
 * Checks a signature that the OpenSSF's `model_signing` made, and reads what it says. Whether files are that model, `compareFiles`
 * tells.
 *
 * @param bundle - Text of the file, such as `model.sig`.
 * @throws ModelSignatureError if it does not hold; InvalidSignatureInputError if something can't be read.
 */
export function checkModelSignature(bundle: string, trust: SignatureTrust): CheckedSignature {
  const read = readBundle(bundle)
  const signer = check(read, trust)
  return { model: readStatement(read.payloadType, read.payload), signer }
}

function check(bundle: ReturnType<typeof readBundle>, trust: SignatureTrust): string | undefined {
  switch (trust.by) {
    case 'key':
      checkByKey(bundle, trust.publicKey)
      return undefined
    case 'certificates':
      return checkByCertificates(bundle, trust.certificates, trust.now ?? Date.now())
    case 'sigstore':
      checkBySigstore(bundle, trust)
      return trust.identity
  }
}
