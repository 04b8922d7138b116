import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock'
import { HashAlgorithm, PublicKeyDetails, TrustedRoot } from '@sigstore/protobuf-specs'
import { bundleOf, preAuthEncoding } from './statement.ts'

export type SigstoreSigning = {
  identity?: string
  issuer?: string
  /** Who says when it was signed: the log, a timestamp authority, or nobody. Default: the log. */
  timestamp?: 'log' | 'authority' | 'none'
  /** Whether the log has it. Default: true. */
  isLogged?: boolean
  /** How long after the certificate was made the log took it, in ms. */
  delay?: number
}

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const now = () => new Date()

/** A Sigstore of our own: an authority with its certificate log, a signature log, and a timestamp authority. */
export async function startSigstore() {
  const ctLog = await initializeCTLog(pair())
  const authority = await initializeCA(pair(), ctLog)
  const logKeys = pair()
  // Of whole seconds: the stand-in writes some fractions in a way that its own verifier does not read.
  const clock = new Date()
  const timestamps = await initializeTSA(pair(), clock)
  const { publicKey: logKey } = await initializeTLog('https://log.example', logKeys)
  const validFor = { start: new Date(Date.now() - 3_600_000), end: undefined }
  const chainOf = (...certificates: ArrayBufferView[]) => ({
    subject: { commonName: 'authority', organization: 'example' },
    uri: 'https://authority.example',
    certChain: { certificates: certificates.map((it) => ({ rawBytes: bytesOf(it) })) },
    validFor,
    operator: 'example',
  })
  const logOf = (publicKey: Uint8Array, baseUrl: string) => ({
    baseUrl,
    hashAlgorithm: HashAlgorithm.SHA2_256,
    publicKey: {
      rawBytes: bytesOf(publicKey),
      keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256,
      validFor,
    },
    logId: { keyId: createHash('sha256').update(publicKey).digest() },
    checkpointKeyId: undefined,
    operator: 'example',
  })
  const trustedRoot = JSON.stringify(
    TrustedRoot.toJSON({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [logOf(logKey, 'https://log.example')],
      certificateAuthorities: [chainOf(authority.rootCertificate)],
      ctlogs: [logOf(ctLog.publicKey, 'https://certificates.example')],
      timestampAuthorities: [chainOf(timestamps.intCertificate, timestamps.rootCertificate)],
    }),
  )

  async function signModel(payload: string, options: SigstoreSigning = {}) {
    const { identity = 'mailto:release@example.org', issuer = 'https://accounts.example.org' } =
      options
    const { timestamp = 'log', isLogged = true, delay = 0 } = options
    const signer = pair()
    const certificate = await authority.issueCertificate({
      publicKey: signer.publicKey.export({ type: 'spki', format: 'der' }),
      subjectAltName: identity,
      extensions: [{ oid: '1.3.6.1.4.1.57264.1.8', value: issuer }],
    })
    const signature = sign('sha256', preAuthEncoding(payload), signer.privateKey)
    const rawBytes = bytesOf(certificate).toString('base64')
    const log = await initializeTLog(
      'https://log.example',
      logKeys,
      new Date(now().getTime() + delay),
    )
    const entry = isLogged ? [await logged(log, payload, signature, rawBytes)] : []
    if (timestamp !== 'log') for (const it of entry) delete it.inclusionPromise
    const artifactHash = createHash('sha256').update(signature).digest()
    clock.setTime(Math.floor(Date.now() / 1000) * 1000)
    const stamped = await timestamps.timestamp({
      artifactHash,
      hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
      nonce: 1,
      policyOID: '1.3.6.1.4.1.57264.2',
    })
    return bundleOf(payload, signature, {
      certificate: { rawBytes },
      tlogEntries: entry,
      ...(timestamp === 'authority' && {
        timestampVerificationData: {
          rfc3161Timestamps: [{ signedTimestamp: bytesOf(stamped).toString('base64') }],
        },
      }),
    })
  }
  return { trustedRoot, signModel }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)

/** As Rekor keeps it. */
async function logged(
  log: Awaited<ReturnType<typeof initializeTLog>>,
  payload: string,
  signature: Buffer,
  certificate: string,
): Promise<Record<string, unknown>> {
  const sha256 = (bytes: string | Uint8Array) => ({
    algorithm: 'sha256',
    value: createHash('sha256').update(bytes).digest('hex'),
  })
  const pem = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`
  const verifier = Buffer.from(pem).toString('base64')
  const said = (await log.log({
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: sha256(payload),
      payloadHash: sha256(payload),
      signatures: [{ signature: signature.toString('base64'), verifier }],
    },
  })) as unknown as Record<string, Record<string, never>>
  const [entry] = Object.values(said)
  const { body, integratedTime, logID, logIndex, verification } = entry as never as {
    body: string
    integratedTime: number
    logID: string
    logIndex: number
    verification: {
      signedEntryTimestamp: string
      inclusionProof: {
        logIndex: number
        treeSize: number
        rootHash: string
        hashes: string[]
        checkpoint: string
      }
    }
  }
  const { inclusionProof: proof, signedEntryTimestamp } = verification
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
      treeSize: String(proof.treeSize),
      hashes: [],
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: body,
  }
}
