import { createHash } from 'node:crypto'
import { ModelSignatureError } from './signature-error.ts'

/** A model as somebody has signed it. */
export type SignedModel = {
  /** What the signer's directory was called; nothing binds it. */
  name: string
  /** In hex. */
  signingRoot: string
  files: { path: string; sha256: string }[]
  /** Paths that the signer left out, of files or directories. */
  ignored: string[]
  /** Whether links were taken for what they lead to. */
  allowLinks: boolean
}

const payloadType = 'application/vnd.in-toto+json'
const statementType = 'https://in-toto.io/Statement/v1'
const predicateType = 'https://model_signing/signature/v1.0'

/**
 * Reads what was signed: an in-toto statement of the OpenSSF's model signing, v1.0. Its root has to be that of the files it lists.
 *
 * @throws ModelSignatureError
 */
export function readStatement(type: string, payload: Uint8Array): SignedModel {
  if (type !== payloadType) throw noModel(`is of ${type}`)
  const statement = parse(payload)
  if (statement._type !== statementType) throw noModel('is no in-toto statement v1')
  if (statement.predicateType !== predicateType) {
    throw noModel(`says ${String(statement.predicateType)}`)
  }
  const [subject, ...others] = arrayOf(statement.subject, 'subject')
  const { name, digest } = recordOf(subject, 'subject')
  const { sha256: signingRoot } = recordOf(digest, 'digest of the subject')
  if (others.length > 0 || !isDigest(signingRoot))
    throw noModel('has not one subject with a SHA-256')
  const predicate = recordOf(statement.predicate, 'predicate')
  const files = filesOf(arrayOf(predicate.resources, 'resources'))
  const hash = createHash('sha256')
  for (const { sha256 } of files) hash.update(sha256, 'hex')
  if (hash.digest('hex') !== signingRoot) {
    throw new ModelSignatureError('inconsistent', 'is of a root that its own files do not give')
  }
  const {
    method,
    hash_type: algorithm,
    ...args
  } = recordOf(predicate.serialization, 'serialization')
  if (method !== 'files' || algorithm !== 'sha256') {
    throw new ModelSignatureError('unsupported', 'is of digests that are made in another way', {
      metaMessages: [`Way: ${String(method)} with ${String(algorithm)}; known: files with sha256`],
    })
  }
  const ignored = args.ignore_paths === undefined ? [] : arrayOf(args.ignore_paths, 'ignore_paths')
  return {
    name: typeof name === 'string' ? name : '',
    signingRoot,
    files,
    ignored: ignored.filter((path) => typeof path === 'string').map(plainPath),
    allowLinks: args.allow_symlinks === true,
  }
}

function filesOf(resources: readonly unknown[]): SignedModel['files'] {
  const seen = new Set<string>()
  return resources.map((resource) => {
    const { name: path, algorithm, digest: sha256 } = recordOf(resource, 'resource')
    if (typeof path !== 'string' || !isDigest(sha256)) throw noModel('lists what is no file')
    if (algorithm !== 'sha256') {
      throw new ModelSignatureError(
        'unsupported',
        `has digests of ${String(algorithm)}, not of sha256`,
      )
    }
    // Of two with one name, only one would be compared.
    if (seen.has(path)) throw noModel('lists a file twice')
    if (path.startsWith('/') || path.split('/').includes('..')) {
      throw noModel('lists a file outside of the model')
    }
    seen.add(path)
    return { path, sha256 }
  })
}

function parse(payload: Uint8Array): Record<string, unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload)
    return recordOf(JSON.parse(text), 'statement')
  } catch (error) {
    if (error instanceof ModelSignatureError) throw error
    throw noModel('is no JSON')
  }
}

function recordOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw noModel(`has no ${what}`)
}

function arrayOf(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value
  throw noModel(`has no ${what}`)
}

const isDigest = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

const plainPath = (path: string) => path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '')

const noModel = (problem: string) =>
  new ModelSignatureError(
    'no-model',
    `is of something else than a model: what was signed ${problem}`,
  )
