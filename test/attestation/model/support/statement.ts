import { createHash } from 'node:crypto'
import { sha256Of } from './model-files.ts'

export type StatementOptions = {
  /** Members of the statement that are put in place of those that belong there. */
  statement?: Record<string, unknown>
  predicate?: Record<string, unknown>
  serialization?: Record<string, unknown>
  root?: string
}

/** What the OpenSSF's tool signs of files: paths in its order, with their contents. */
export function statementOf(
  files: readonly (readonly [path: string, content: string | Uint8Array])[],
  { statement, predicate, serialization, root }: StatementOptions = {},
): string {
  const hash = createHash('sha256')
  const resources = files.map(([name, content]) => {
    const digest = sha256Of(content)
    hash.update(digest, 'hex')
    return { name, algorithm: 'sha256', digest }
  })
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'model', digest: { sha256: root ?? hash.digest('hex') } }],
    predicateType: 'https://model_signing/signature/v1.0',
    predicate: {
      serialization: {
        method: 'files',
        hash_type: 'sha256',
        allow_symlinks: false,
        ignore_paths: ['model.sig', '.git', '.gitattributes', '.github', '.gitignore'],
        ...serialization,
      },
      resources,
      ...predicate,
    },
    ...statement,
  })
}

export const inTotoType = 'application/vnd.in-toto+json'

/** What a DSSE signature is of. */
export function preAuthEncoding(payload: string | Uint8Array, type = inTotoType): Buffer {
  const bytes = Buffer.from(payload)
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${bytes.length} `
  return Buffer.concat([Buffer.from(head), bytes])
}

/** A bundle as the tool writes it. */
export function bundleOf(
  payload: string,
  signature: Uint8Array,
  verificationMaterial: Record<string, unknown>,
  payloadType = inTotoType,
) {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial,
    dsseEnvelope: {
      payload: Buffer.from(payload).toString('base64'),
      payloadType,
      signatures: [{ sig: Buffer.from(signature).toString('base64'), keyid: '' }],
    },
  }
}
