import { bundleFromJSON, ValidationError } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import {
  PolicyError,
  toSignedEntity,
  toTrustMaterial,
  type TrustMaterial,
  VerificationError,
  Verifier,
} from '@sigstore/verify'
import { certificateFrom } from './certificate.ts'
import type { ReadBundle } from './read-bundle.ts'
import {
  InvalidSignatureInputError,
  ModelSignatureError,
  type SignatureProblem,
} from './signature-error.ts'

/** Who has to have signed, and who vouches for that. */
export type SigstoreTrust = {
  /** JSON of a trusted root: the authorities and logs of a Sigstore instance. */
  trustedRoot: string
  /** Name of the signer in the certificate: an e-mail address or a URI, all of it. */
  identity: string
  /** URL of the OpenID Connect provider that vouched for that name. */
  issuer: string
}

/** Of a trusted root, in characters. */
const maxRootLength = 2 ** 24

/**
 * Checks a signature of Sigstore, offline: certificate by the trusted authority, on record in the certificate log, in time by the log
 * or a timestamp authority, on record in the signature log.
 *
 * @see https://docs.sigstore.dev/about/bundle/
 * @throws ModelSignatureError, InvalidSignatureInputError
 */
export function checkBySigstore(
  bundle: ReadBundle,
  { trustedRoot, identity, issuer }: SigstoreTrust,
) {
  const trust = trustFrom(trustedRoot)
  if (bundle.signedBy.kind !== 'sigstore') {
    throw new ModelSignatureError('other-kind', 'was not made with Sigstore')
  }
  // The library's parser takes what is almost one.
  certificateFrom(bundle.signedBy.certificate)
  try {
    const signer = new Verifier(trust).verify(toSignedEntity(bundleFromJSON(bundle.json)))
    const { subjectAlternativeName: name, extensions } = signer.identity ?? {}
    // Compared here: the library takes a name for a pattern.
    if (name !== identity || extensions?.issuer !== issuer) {
      throw new ModelSignatureError('other-identity', 'is by somebody else', {
        metaMessages: [
          `Signed by: ${name ?? 'nobody'}, says ${extensions?.issuer ?? 'nobody'}`,
          `Expected: ${identity}, says ${issuer}`,
        ],
      })
    }
  } catch (error) {
    throw explained(error)
  }
}

function trustFrom(text: string): TrustMaterial {
  try {
    if (text.length <= maxRootLength) return toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(text)))
  } catch (cause) {
    throw new InvalidSignatureInputError('The trusted root is none of Sigstore', { cause })
  }
  throw new InvalidSignatureInputError('The trusted root is too large')
}

const problems: Record<string, [code: SignatureProblem, problem: string]> = {
  CERTIFICATE_ERROR: [
    'untrusted',
    'was made with a certificate that the trusted root does not vouch for',
  ],
  TIMESTAMP_ERROR: ['no-timestamp', 'has no timestamp that the trusted root vouches for'],
  SIGNATURE_ERROR: ['bad-signature', 'is not of these bytes, or not by this key'],
  PUBLIC_KEY_ERROR: ['untrusted', 'was made with a key that the trusted root does not know'],
}

/** What the library found, by our names. */
function explained(error: unknown): unknown {
  if (error instanceof ModelSignatureError) return error
  if (error instanceof ValidationError) {
    const metaMessages = [`Fields: ${error.fields.join(', ')}`]
    return new InvalidSignatureInputError('The bundle lacks what a signature of Sigstore has', {
      metaMessages,
    })
  }
  if (!(error instanceof VerificationError || error instanceof PolicyError)) {
    return new InvalidSignatureInputError('The bundle can not be read', { cause: error })
  }
  const reason = reasonOf(error)
  if (reason.includes('expired at the specified date')) {
    return new ModelSignatureError('expired', 'was made when its certificate was not valid', {
      cause: error,
    })
  }
  const [code, problem] = problems[error.code] ?? [
    'not-logged',
    'is not on record in a log that the trusted root knows',
  ]
  return new ModelSignatureError(code, problem, {
    metaMessages: [`Reason: ${reason}`],
    cause: error,
  })
}

/** The innermost reason that it gives. */
function reasonOf({ message, cause }: VerificationError | PolicyError): string {
  return cause instanceof VerificationError ? reasonOf(cause) : message
}
